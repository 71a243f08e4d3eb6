"""Charts to start from, and hooks made to measure that are safe to begin with: `steer create`.

`request` says what is wanted, `databases` and `scripts` what runs, `template` and `values` how it looks
in a chart (`hook` makes the whole of them), `writing` puts it there; `chart` is the chart to start from.
"""

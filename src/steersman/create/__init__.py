"""Charts to start from, and hooks made to measure that are safe to begin with: `steer create`.

`request` says what is wanted, `databases` and `scripts` what runs, `template` how it looks in a chart, `writing` puts it there.
"""

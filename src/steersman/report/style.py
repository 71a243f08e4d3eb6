"""The report's only style sheet: light and dark, on a phone, on paper."""

STYLE = """
:root { --ink: #1b1f24; --soft: #5b6570; --line: #d8dee4; --ground: #fff; --panel: #f6f8fa;
  --good: #1a7f37; --bad: #cf222e; --work: #8250df; --warn: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6edf3; --soft: #9198a1; --line: #3d444d; --ground: #0d1117;
  --panel: #151b23; --good: #3fb950; --bad: #f85149; --work: #ab7df8; --warn: #d29922; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 60rem; padding: 1rem; color: var(--ink); background: var(--ground);
  font: 16px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.6rem; margin: .5rem 0; } h2 { font-size: 1.2rem; margin: 0; } h3 { font-size: 1rem; margin: 1rem 0 .3rem; }
p { margin: .3rem 0; } .soft { color: var(--soft); }
section { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem; margin: 1rem 0; break-inside: avoid; }
section.failed { border-left: .4rem solid var(--bad); } section.deployed { border-left: .4rem solid var(--good); }
.badge { display: inline-block; padding: 0 .5rem; border-radius: 1rem; font-size: .8rem; color: #fff; background: var(--soft); }
.badge.deployed { background: var(--good); }
.badge.failed { background: var(--bad); } .badge.degraded { background: var(--warn); }
.row { display: grid; grid-template-columns: minmax(8rem, 16rem) 1fr 4rem; gap: .5rem; align-items: center; margin: .2rem 0; }
.row .name { overflow-wrap: anywhere; font-size: .85rem; } .track { position: relative; height: 1.4rem; background: var(--panel);
  border-radius: .2rem; overflow: hidden; }
.bar { position: absolute; top: 0; bottom: 0; min-width: .3rem; border-radius: .2rem; background: var(--good); }
.bar.failed { background: var(--bad); } .bar.resources { background: var(--work); opacity: .6; }
.took { font-size: .8rem; text-align: right; }
pre { overflow-x: auto; background: var(--panel); padding: .6rem; border-radius: .3rem; font-size: .8rem; white-space: pre-wrap;
  overflow-wrap: anywhere; margin: .4rem 0; }
details > summary { cursor: pointer; } .why { color: var(--bad); font-weight: 600; }
@media (max-width: 34rem) { .row { grid-template-columns: 1fr 4rem; gap: 0 .5rem; } .row .name { grid-column: 1 / 3; } }
@media print { details > * { display: block; } section { border-color: #999; } .track, pre { print-color-adjust: exact; } }
"""

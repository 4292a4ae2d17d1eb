"""How the report looks: on a bright screen, on a dark one, on paper.

Put here: CSS. Keep out: everything else.
"""

LIGHT = """
  --paper: #fbfaf8; --card: #ffffff; --ink: #1f1d1a; --soft: #6b665e; --rule: #e4e0d8; --grid: #ece8e1;
  --a: #0f6e6e; --b: #e09a2d; --c: #9a948a; --d: #7a5aa8; --good: #1f7a4d; --warn: #a4480d; --warnpaper: #fdf1e4;
  --heat: 15 110 110; --onheat: #ffffff;
"""
"""The colours on a bright screen."""

DRAWN = """
svg text { font-size: 12px; fill: var(--soft) } svg .y, svg .before { text-anchor: end } svg .x { text-anchor: middle }
.mark { stroke: var(--soft); stroke-dasharray: 2 3 } .cell { fill: rgb(var(--heat) / calc(.05 + .9 * var(--v))) }
svg .before, svg .after { paint-order: stroke; stroke: var(--card); stroke-width: 5px }
svg .pale, svg .deep { fill: var(--ink) } svg .deepest { fill: var(--onheat) }
.grid { stroke: var(--grid) } .zero { stroke: var(--c) } .tick { stroke: var(--c) }
.line { fill: none; stroke-width: 2.4; stroke-linejoin: round; stroke-linecap: round } .touch { fill: transparent }
g:hover > .dot { r: 5 } .bar { stroke: var(--card); stroke-width: 1 } g:hover > .bar { opacity: .8 }
.line.a { stroke: var(--a) } .line.b { stroke: var(--b) } .line.c { stroke: var(--c) }
.line.d { stroke: var(--d) } .line.dash { stroke: var(--c); stroke-width: 1.2; stroke-dasharray: 5 4 }
.dot.a, .bar.a { fill: var(--a) } .dot.b, .bar.b { fill: var(--b) } .dot.c, .bar.c { fill: var(--c) }
.dot.d { fill: var(--d) }
.dot.c { opacity: .75 } .band.a { fill: var(--a); opacity: .16 }
.hatch { fill: url(#hatch) } .hatching { stroke: var(--card); stroke-width: 5 }
"""
"""What is inside a picture."""

STYLE = (
    """
:root { color-scheme: light dark;
"""
    + LIGHT
    + """ }
@media (prefers-color-scheme: dark) { :root {
  --paper: #171614; --card: #1f1e1b; --ink: #ece9e2; --soft: #a39d92; --rule: #35322d; --grid: #2c2a26;
  --a: #45b8b0; --b: #e8ae52; --c: #827c72; --d: #ad8fdb; --good: #5fc492; --warn: #f0a663; --warnpaper: #33261a;
  --heat: 69 184 176; --onheat: #0d1413; }
  .heat td.deep { color: var(--onheat) } main svg .deep { fill: var(--onheat) } }
* { box-sizing: border-box }
body { margin: 0; background: var(--paper); color: var(--ink);
  font: 16px/1.55 -apple-system, BlinkMacSystemFont, "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial,
  sans-serif;
  font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100% }
main { max-width: 1120px; margin: 0 auto; padding: 44px 28px 64px }
header { display: flex; flex-wrap: wrap; align-items: flex-end; justify-content: space-between; gap: 8px 32px;
  padding-bottom: 20px; border-bottom: 2px solid var(--ink); margin-bottom: 28px }
h1 { font-size: 38px; line-height: 1.15; margin: 0; letter-spacing: -.02em; font-weight: 700;
  overflow-wrap: anywhere }
header p { margin: 0; color: var(--soft) } header .kicker { font-size: 14px; margin-bottom: 4px }
header .when { text-align: right; font-size: 14px; line-height: 1.5 }
header .when b { color: var(--ink); font-size: 17px }
h2 { font-size: 25px; line-height: 1.25; letter-spacing: -.012em; margin: 0 0 6px }
h3 { font-size: 16px; margin: 30px 0 8px }
section { margin-top: 30px; padding: 28px 30px 22px; background: var(--card); border: 1px solid var(--rule);
  border-radius: 10px }
.lede { font-size: 17px; margin: 0 0 18px; max-width: 76ch; text-wrap: pretty }
.means { font-size: 14px; color: var(--soft); margin: 20px 0 0; border-top: 1px solid var(--rule);
  padding: 14px max(0px, calc(100% - 98ch)) 0 0; text-wrap: pretty }
.means b { color: var(--ink); font-weight: 600 }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(250px, 100%), 1fr)); gap: 18px }
.tile { position: relative; overflow: hidden; background: var(--card); border: 1px solid var(--rule);
  border-radius: 10px;
  padding: 20px 24px 58px }
.tile h2 { font-size: 15px; font-weight: 600; letter-spacing: 0; color: var(--soft); margin: 0 }
.tile p { margin: 0; color: var(--soft); font-size: 14px; line-height: 1.45 }
.tile .big { font-size: 56px; font-weight: 700; letter-spacing: -.03em; line-height: 1.15; color: var(--ink);
  margin: 2px 0 4px }
.spark { position: absolute; left: 0; right: 0; bottom: 12px; width: 100%; height: 34px; opacity: .75 }
.spark .line { vector-effect: non-scaling-stroke; stroke-width: 1.8 }
.scroll { overflow-x: auto; position: relative }
.scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--a); outline-offset: 2px }
table { border-collapse: collapse; font-size: 14px }
caption { text-align: left; color: var(--soft); font-size: 13px; padding-bottom: 8px }
th { text-align: left; font-weight: 600 } .n { text-align: right }
.plain { width: 100% } .plain th { color: var(--soft); font-size: 13px; vertical-align: bottom }
.plain th, .plain td { padding: 6px 10px; border-bottom: 1px solid var(--rule) }
.plain td:not(.n) { max-width: 46ch; overflow-wrap: anywhere } .plain tr > :first-child { padding-left: 0 }
.plain tr > :last-child { padding-right: 0 } .plain .n { white-space: nowrap } .plain th.n { white-space: normal }
.heat { font-size: 12px; border-spacing: 2px; border-collapse: separate; width: 100% }
.heat th { color: var(--soft); font-size: 12px; padding: 2px 4px; white-space: nowrap }
.heat thead th { text-align: center; vertical-align: bottom }
.heat thead th:first-child { text-align: left } .heat thead .n { text-align: right }
.heat td { padding: 5px 0; min-width: 30px; text-align: center; border-radius: 3px }
.heat td.n { text-align: right; padding: 5px 6px }
.heat td[style] { background: rgb(var(--heat) / calc(.05 + .9 * var(--v))) }
.heat td.deepest { color: var(--onheat) }
.heat td.open { background: repeating-linear-gradient(135deg, var(--rule) 0 2px, transparent 2px 6px) }
.heat tfoot th, .heat tfoot td { border-top: 2px solid var(--card); font-weight: 700 }
.heat tfoot th { color: var(--ink) }
.chart svg { display: block; width: 100%; min-width: 620px; height: auto }
.chart.half svg { min-width: 300px }"""
    + DRAWN
    + """.legend { margin: 0 0 6px; font-size: 14px; color: var(--soft); display: flex; flex-wrap: wrap; gap: 4px 22px }
.key { display: inline-block; width: 13px; height: 13px; border-radius: 3px; margin-right: 7px;
  vertical-align: -1.5px }
.key.a { background: var(--a) } .key.b { background: var(--b) } .key.c { background: var(--c) }
.key.d { background: var(--d) }
.key.dash { height: 0; width: 20px; border-top: 2px dashed var(--c); vertical-align: 4px; border-radius: 0 }
.key.line { height: 4px; vertical-align: 3.5px; border-radius: 2px; width: 20px; stroke-width: 0 }
.key.dot { border-radius: 50%; width: 9px; height: 9px; vertical-align: 1px }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(320px, 100%), 1fr)); gap: 8px 48px }
.two > div { min-width: 0 } .two h3 { margin-top: 14px }
.two p { color: var(--soft); font-size: 14px; margin: 10px 0 0 } .two .legend { margin: 0 0 6px }
.caption { color: var(--soft); font-size: 14px; margin: 8px 0 0; max-width: 98ch; text-wrap: pretty }
.shares { display: grid; grid-template-columns: auto 1fr; gap: 9px 14px; margin: 0; align-items: center }
.shares dt { font-size: 14px; color: var(--soft) }
.shares dd { margin: 0; display: grid; grid-template-columns: 1fr 60px; align-items: center; gap: 12px }
.shares b { text-align: right } .track { background: var(--grid); border-radius: 3px; height: 14px; overflow: hidden }
.track span { display: block; height: 100%; background: var(--a); border-radius: 3px 0 0 3px }
details { margin-top: 14px }
summary { cursor: pointer; color: var(--a); font-size: 14px; font-weight: 600; width: fit-content }
details > div { margin-top: 10px; max-height: 420px; overflow: auto }
.note { font-size: 13px; color: var(--soft); margin: 10px 0 0 }
.nothing { color: var(--soft); font-style: italic; margin: 12px 0 }
.good { color: var(--good); font-weight: 600; margin: 4px 0 10px } .good::before { content: "✓ " }
.warn { background: var(--warnpaper); border-left: 4px solid var(--warn); padding: 9px 14px; margin: 10px 0;
  border-radius: 4px; font-size: 15px }
code { font: .93em ui-monospace, "SFMono-Regular", Menlo, Consolas, "Liberation Mono", monospace }
.unseen { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap }
footer { margin-top: 30px; color: var(--soft); font-size: 13px }
@media (max-width: 640px) { main { padding: 24px 14px 40px } section { padding: 20px 16px 16px }
h1 { font-size: 30px } header .when { text-align: left }
.half svg text { font-size: 14px } .half svg .pale, .half svg .deep, .half svg .deepest { font-size: 12px } }
@media print { :root { --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --rule: #ccc; --grid: #e4e4e4;
  --a: #0f6e6e; --b: #e09a2d;
  --c: #8a857c; --d: #7a5aa8; --good: #145c38; --warn: #7a3407; --warnpaper: #fdf1e4; --heat: 15 110 110;
  --onheat: #fff }
  body { font-size: 12px; print-color-adjust: exact; -webkit-print-color-adjust: exact }
main { max-width: none; padding: 0 }
  section { break-inside: avoid; border: 0; border-top: 1px solid var(--rule); border-radius: 0; padding: 16px 0 }
#proof { break-before: auto }
  details { display: none } .scroll { overflow: visible } .heat, .heat th, .heat caption { font-size: 8px }
  .heat { border-spacing: 1px } .heat td { min-width: 0; padding: 1px 0 } .heat th { padding: 0 3px }
  .chart svg { min-width: 0 }
  .plain { font-size: 10px } .tile .big { font-size: 36px } .tiles { grid-template-columns: repeat(3, 1fr) } }
"""
)

STANDS_ALONE = (
    """svg { font-family: "Segoe UI", Roboto, "Helvetica Neue", "Liberation Sans", Arial, sans-serif; background: #fff }
:root {"""
    + LIGHT
    + "}"
    + DRAWN
)
"""Of a picture that stands by itself, outside the page: as on a bright screen, whatever is around it."""

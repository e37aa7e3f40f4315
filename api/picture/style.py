"""The picture's colours and type: one sheet inside the SVG, so that it needs nothing beside itself."""

from typing import Final

# Generic families only: a file drawn on a server is read on machines with other fonts.
CSS: Final = """
text { font-family: sans-serif; fill: #22313a; }
.title { font-size: 27px; font-weight: 700; }
.subtitle { font-size: 16px; fill: #51636d; }
.small { font-size: 11.5px; fill: #51636d; }
.head { font-size: 14px; font-weight: 700; }
.name { font-size: 13px; }
.time { font-size: 13px; font-weight: 700; fill: #0b5f6b; }
.figure { font-size: 25px; font-weight: 700; fill: #0b5f6b; }
.basis { font-size: 12.5px; font-weight: 700; fill: #8a4b00; }
.place { font-size: 14px; fill: #6d6250; text-anchor: middle; letter-spacing: 1px;
  paint-order: stroke; stroke: #fbf7ee; stroke-width: 3px; }
.sea { fill: #d6e8ef; }
.shallow { fill: none; stroke: #b9d8e4; stroke-width: 9; stroke-linejoin: round; }
.shore { fill: #f6f0e2; stroke: #f6f0e2; stroke-width: 4; stroke-linejoin: round; }
.district { stroke: #bfb294; stroke-width: 1; stroke-linejoin: round; }
.tint0 { fill: #f6f0e2; } .tint1 { fill: #f1ecd9; } .tint2 { fill: #f4efe6; } .tint3 { fill: #eeeadf; }
.zone { fill: none; stroke: #8d6cab; stroke-width: 1.2; stroke-dasharray: 2 4; stroke-opacity: .8; }
.parcel { fill: #6aa84f; fill-opacity: .75; stroke: #38761d; stroke-width: 1.2; }
.site { fill: #5f6c73; fill-opacity: .38; }
.casing { fill: none; stroke: #fff; stroke-width: 7; stroke-opacity: .85; stroke-linejoin: round; }
.line { fill: none; stroke: #0e7c8c; stroke-width: 3.2; stroke-linejoin: round; stroke-linecap: round; }
.estimate { stroke-dasharray: 9 6; }
.arrow { fill: #0b5f6b; stroke: #fff; stroke-width: .8; }
.leader { stroke: #22313a; stroke-width: 1; }
.spot { fill: #22313a; }
.stop { fill: #c8321f; stroke: #fff; stroke-width: 2; }
.digit { font-size: 12px; font-weight: 700; fill: #fff; text-anchor: middle; }
.start { fill: #22313a; stroke: #fff; stroke-width: 1.6; }
.edge { fill: none; stroke: #8fa3ad; stroke-width: 1.2; }
.rule { stroke: #d4dbdf; stroke-width: 1; }
.window { fill: #c8321f; fill-opacity: .12; stroke: #c8321f; stroke-width: 1.4; }
"""

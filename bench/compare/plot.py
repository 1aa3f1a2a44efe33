"""Bars as an SVG of plain shapes."""
from html import escape

COLOURS = {"glibc": "#9a9a9a", "jemalloc": "#7fb3d5", "weir off": "#aee1c0", "weir sampled": "#58b97a", "weir exact": "#1e6b3c",
           "jemalloc prof": "#3d6f99", "heaptrack": "#e59866"}
BAR, GAP, WIDTH, TOP, LETTER = 13, 14, 640, 60, 7.5


def bars(title, unit, groups, variants, most, step, form, path):
    """`groups` is a list of (name, {variant: value}); bars end at `most`, the number beside one is exact."""
    left = 20 + LETTER * max(len(name) for name, _ in groups)
    variants = [variant for variant in variants if any(variant in values for _, values in groups)]
    height = TOP + sum(BAR * len(values) + GAP for _, values in groups) + 40
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{left + WIDTH + 90}" height="{height}" font-family="sans-serif" font-size="13">',
           '<rect width="100%" height="100%" fill="white"/>', f'<text x="20" y="22" font-size="16">{escape(title)}</text>']
    for number, variant in enumerate(variants):
        x = 20 + number * 145
        out.append(f'<rect x="{x}" y="34" width="12" height="12" fill="{COLOURS[variant]}"/><text x="{x + 17}" y="45">{variant}</text>')
    for tick in range(int(most / step) + 1):
        x = left + WIDTH * tick * step / most
        out.append(f'<line x1="{x:.1f}" y1="{TOP - 4}" x2="{x:.1f}" y2="{height - 34}" stroke="{"#888888" if tick * step == 1 else "#dddddd"}"/>'
                   f'<text x="{x:.1f}" y="{height - 18}" text-anchor="middle">{tick * step:g}</text>')
    out.append(f'<text x="{left + WIDTH}" y="{height - 4}" text-anchor="end" fill="#555555">{escape(unit)}</text>')
    y = TOP
    for name, values in groups:
        out.append(f'<text x="{left - 10}" y="{y + BAR * len(values) / 2 + 5}" text-anchor="end">{escape(name)}</text>')
        for variant in [variant for variant in variants if variant in values]:
            value = values[variant]
            length = WIDTH * min(max(value, 0), most) / most
            out.append(f'<rect x="{left}" y="{y}" width="{length:.1f}" height="{BAR - 1}" fill="{COLOURS[variant]}"/>'
                       f'<text x="{left + length + 5:.1f}" y="{y + BAR - 3}" font-size="11">{"▸ " if value > most else ""}{value:{form}}</text>')
            y += BAR
        y += GAP
    path.write_text("\n".join([*out, "</svg>"]) + "\n")


def draw(results, groups, micro, folder):
    """ratios.svg: the real programs of `groups`; loops.svg: the loops of the group `micro`."""
    others = [variant for variant in results.variants if variant != "glibc"]

    def cells(names, measure):
        found = [(name, {variant: measure(name, variant) for variant in others}) for name in names]
        return [(name, {variant: value for variant, value in values.items() if value is not None}) for name, values in found]

    programs, loops = cells(results.workloads(*groups), results.ratio), cells([name for name in results.workloads(micro) if "threads" not in name], results.added)
    if programs:
        bars("Processor time over plain glibc (shorter is better)", "times glibc; a bar that goes on has ▸", programs, others, 2.0, 0.25, ".2f",
             folder / "ratios.svg")
    if loops:
        shown = [variant for variant in others if variant in ("weir sampled", "weir exact", "heaptrack")]
        bars("Nanoseconds added to a pair of malloc and free, over glibc (shorter is better)", "ns; a bar that goes on has ▸",
             [(name, {v: value for v, value in values.items() if v in shown}) for name, values in loops], shown, 100, 10, "+.1f", folder / "loops.svg")

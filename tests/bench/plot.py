"""A plot as SVG text: curves over powers of ten on both axes, where a straight rise by one decade a decade is linear growth."""

import html
import math

WIDTH, HEIGHT, LEFT, RIGHT, TOP, BOTTOM = 720, 440, 70, 30, 60, 60
COLOURS = ["#1b5e9e", "#b3541e", "#3d7a37"]


def decades(values):
    """The powers of ten around them all, as exponents."""
    return range(math.floor(math.log10(min(values))), math.ceil(math.log10(max(values))) + 1)


def plot(title, across, curves):
    """`curves` are lists of points by name."""
    points = [point for curve in curves.values() for point in curve]
    columns, rows = decades([x for x, _ in points]), decades([y for _, y in points])

    def place(x, y):
        return (LEFT + (math.log10(x) - columns[0]) / (columns[-1] - columns[0]) * (WIDTH - LEFT - RIGHT),
                HEIGHT - BOTTOM - (math.log10(y) - rows[0]) / (rows[-1] - rows[0]) * (HEIGHT - TOP - BOTTOM))

    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
           f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
           f'<text x="{WIDTH / 2}" y="24" text-anchor="middle" font-size="16">{html.escape(title)}</text>',
           f'<text x="{WIDTH / 2}" y="{HEIGHT - 14}" text-anchor="middle">{html.escape(across)}</text>']
    for exponent in columns:
        x, y = place(10.0 ** exponent, 10.0 ** rows[0])
        out.append(f'<path d="M{x:.1f} {TOP}V{y:.1f}" stroke="#ddd"/>'
                   f'<text x="{x:.1f}" y="{y + 20:.1f}" text-anchor="middle">{10 ** exponent:,}</text>')
    for exponent in rows:
        x, y = place(10.0 ** columns[0], 10.0 ** exponent)
        out.append(f'<path d="M{x:.1f} {y:.1f}H{WIDTH - RIGHT}" stroke="#ddd"/>'
                   f'<text x="{x - 8:.1f}" y="{y + 4:.1f}" text-anchor="end">{10.0 ** exponent:g}</text>')
    for number, (name, curve) in enumerate(curves.items()):
        colour, places = COLOURS[number], [place(*point) for point in curve]
        out.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in places)}" fill="none" stroke="{colour}" '
                   'stroke-width="2"/>')
        out += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"><title>{a:g}: {b:.3g}</title></circle>'
                for (x, y), (a, b) in zip(places, curve)]
        out.append(f'<text x="{LEFT + 190 * number}" y="46" fill="{colour}">{html.escape(name)}</text>')
    return "\n".join([*out, "</svg>", ""])

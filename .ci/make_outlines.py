"""Make static/map/land.json and land.svg, the outlines of the map, from Natural Earth's land.

    .venv/bin/python manage.py shell -c "import runpy, sys; sys.argv = ['', 'land-50m.json'];
        runpy.run_path('.ci/make_outlines.py', run_name='__main__')"

The file is `land-50m.json` of the npm package world-atlas 2.0.2 (TopoJSON made of Natural Earth's
land at 1:50 million, public domain): land alone, since borders are disputed. Lines are simplified
after Douglas and Peucker, finely where most centers of the network are and coarsely elsewhere, and
islands too small to be seen there are left out.

`land.json` is {"land": [ring, …]}; a ring is a flat list of whole hundredths of a degree,
longitude and latitude in turn, the first point whole and each other one as the step from the one
before. `land.svg` is the part around Europe in the projection of `centers.drawn_map`.
"""

import json
import sys
from pathlib import Path

from centers.drawn_map import FRAME, HEIGHT, WIDTH, project

HERE = Path(__file__).resolve().parent.parent / "static" / "map"

NEAR = (-13, 33, 46, 66)  # west, south, east, north in degrees: seen close, drawn finely
FINE, COARSE = 0.015, 0.15  # degrees that a line may be off
DRAWN = 0.08


def rings(topology):
    """The outer rings of all pieces of land, and lakes as rings of their own."""
    scale, shift = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            line.append((x * scale[0] + shift[0], y * scale[1] + shift[1]))
        arcs.append(line)
    for geometry in topology["objects"]["land"]["geometries"]:
        polygons = geometry["arcs"] if geometry["type"] == "MultiPolygon" else [geometry["arcs"]]
        for polygon in polygons:
            for ring in polygon:
                line = []
                for number in ring:
                    arc = arcs[number] if number >= 0 else arcs[~number][::-1]
                    line += arc[1:] if line else arc
                yield unrolled(line)


def unrolled(line):
    """The ring without leaps from one edge of the world to the other: it goes on beyond 180°."""
    turned, ring = 0, []
    for x, y in line:
        if ring:
            turned -= 360 * round((x + turned - ring[-1][0]) / 360)
        ring.append((x + turned, y))
    xs = [x for x, _y in ring]
    back = 360 * round((min(xs) + max(xs)) / 2 / 360)
    return [(x - back, y) for x, y in ring]


def simplified(line, tolerance):
    """The points of the line that Douglas and Peucker keep; `tolerance(point)` in degrees."""
    keep = {0, len(line) - 1}
    spans = [(0, len(line) - 1)]
    while spans:
        first, last = spans.pop()
        (x1, y1), (x2, y2) = line[first], line[last]
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        worst, where = 0, None
        for index in range(first + 1, last):
            x, y = line[index]
            if length:
                off = abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length
            else:
                off = ((x - x1) ** 2 + (y - y1) ** 2) ** 0.5
            off /= tolerance(line[index])
            if off > worst:
                worst, where = off, index
        if worst > 1:
            keep.add(where)
            spans += [(first, where), (where, last)]
    return [line[index] for index in sorted(keep)]


def is_near(point):
    return NEAR[0] <= point[0] <= NEAR[2] and NEAR[1] <= point[1] <= NEAR[3]


def is_seen(line, tolerance):
    """Whether a ring is larger than what its lines may be off."""
    xs, ys = zip(*line, strict=True)
    return max(max(xs) - min(xs), max(ys) - min(ys)) > 4 * tolerance(line[0])


def shrunk(line, tolerance):
    """The ring, simplified; empty where nothing is left of it, or where nobody lives."""
    if max(y for _x, y in line) < -58 or not is_seen(line, tolerance):
        return []
    # A closed ring is halved, so that both halves have two ends.
    middle = len(line) // 2
    halves = simplified(line[: middle + 1], tolerance), simplified(line[middle:], tolerance)
    ring = halves[0] + halves[1][1:]
    return ring if len(ring) > 3 else []


def main(path):
    land = list(rings(json.loads(Path(path).read_text())))
    coded = []
    for line in land:
        ring = shrunk(line, lambda point: FINE if is_near(point) else COARSE)
        steps, before = [], (0, 0)
        for point in ring:
            here = tuple(round(100 * degrees) for degrees in point)
            if steps and here == before:
                continue
            steps += [here[0] - before[0], here[1] - before[1]]
            before = here
        if len(steps) > 6:
            coded.append(steps)
    text = json.dumps({"land": coded}, separators=(",", ":"))
    (HERE / "land.json").write_text(text + "\n")
    (HERE / "land.svg").write_text(drawn(land))


def drawn(land):
    west, south, east, north = FRAME
    parts = []
    for line in land:
        inside = [p for p in line if west - 9 < p[0] < east + 9 and south - 6 < p[1] < north + 6]
        if not inside:
            continue
        kept = [
            (min(max(x, west - 12), east + 12), min(max(y, south - 8), min(north + 6, 80)))
            for x, y in shrunk(line, lambda _point: DRAWN)
        ]
        points = list(dict.fromkeys(tuple(round(n, 1) for n in project(*p)) for p in kept))
        if len(points) > 2:
            parts.append("M" + "L".join(f"{x:g} {y:g}" for x, y in points) + "z")
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}"><style>'
        "rect{fill:#dfe7e6}path{fill:#f7efe2;stroke:#cdbfa9;stroke-width:.6}"
        "@media (prefers-color-scheme:dark){rect{fill:#1d2629}path{fill:#342c25;stroke:#5a4c3f}}"
        f'</style><rect width="{WIDTH}" height="{HEIGHT}"/><path fill-rule="evenodd" '
        f'd="{"".join(parts)}"/></svg>\n'
    )


if __name__ == "__main__":
    main(sys.argv[1])

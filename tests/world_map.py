"""Makes generator/assets/world.svg anew: `python tests/world_map.py countries-50m.json`.

The file is that of the npm package `world-atlas` 2.0.2: Natural Earth's 1:50 million countries (public domain), with ISO
3166-1 numeric codes, which `pycountry` turns into ours. Projected to Equal Earth (Šavrič, Patterson and Jenny 2018),
1,000 units wide, thinned by Douglas and Peucker's method along shared borders, so that neighbours still meet. A state
too small to see gets a dot.
"""

import json
import math
import sys
from itertools import chain, pairwise
from pathlib import Path

import pycountry

TARGET = Path(__file__).parent.parent / "generator" / "assets" / "world.svg"
TOLERANCE, SMALLEST, DOT = 0.45, 1.2, 9.0  # units; square units
MISSING = {"TV": (179.2, -8.5)}  # not in the source at this scale
A = (1.340264, -0.081106, 0.000893, 0.003796)
HALF_WIDTH = 2.7066297


def project(longitude, latitude):
    t = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    slope = A[0] + 3 * A[1] * t**2 + t**6 * (7 * A[2] + 9 * A[3] * t**2)
    x = 2 * math.sqrt(3) * math.radians(longitude) * math.cos(t) / (3 * slope)
    y = A[3] * t**9 + A[2] * t**7 + A[1] * t**3 + A[0] * t
    return 500 + x / HALF_WIDTH * 500, 244 - y / HALF_WIDTH * 500


def thinned(points):
    """Of degrees, as far as the difference shows once projected."""
    if len(points) < 3:
        return points
    (x1, y1), (x2, y2) = project(*points[0]), project(*points[-1])
    length = math.hypot(x2 - x1, y2 - y1)

    def off(point):
        x, y = project(*point)
        return abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length if length else math.hypot(x - x1, y - y1)

    far = max(range(1, len(points) - 1), key=lambda place: off(points[place]))
    if off(points[far]) <= TOLERANCE:
        return [points[0], points[-1]]
    return thinned(points[: far + 1])[:-1] + thinned(points[far:])


def arcs_of(topology):
    (sx, sy), (tx, ty) = topology["transform"]["scale"], topology["transform"]["translate"]
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for dx, dy in arc:
            x, y = x + dx, y + dy
            points.append((x * sx + tx, y * sy + ty))
        yield thinned(points)


def ring(numbers, arcs):
    points = []
    for number in numbers:
        part = arcs[number] if number >= 0 else arcs[~number][::-1]
        points += part[1:] if points else part
    longitudes = [longitude for longitude, _ in points]
    if max(longitudes) - min(longitudes) > 180:  # it crosses the 180th meridian: drawn whole, on the right
        points = [(longitude % 360, latitude) for longitude, latitude in points]
    return [project(*point) for point in points]


def area(points):
    pairs = zip(points, points[1:] + points[:1], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def shape(code, geometry, arcs):
    polygons = [geometry["arcs"]] if geometry["type"] == "Polygon" else geometry["arcs"]
    rings = sorted((ring(part, arcs) for polygon in polygons for part in polygon), key=area, reverse=True)
    if area(rings[0]) < DOT:
        x, y = (sum(axis) / len(rings[0]) for axis in zip(*rings[0], strict=True))
        return f'<circle id="{code}" cx="{x:.1f}" cy="{y:.1f}" r="2.2"/>'
    seen = [points for points in rings if area(points) >= SMALLEST]
    path = "".join(map(outline, seen))
    return f'<path id="{code}" d="{path}"/>'


def outline(points):
    """A path by steps of tenths of a unit, a third shorter than by places."""
    tenths = [(round(x * 10), round(y * 10)) for x, y in points[:-1]]
    steps = [(x2 - x1, y2 - y1) for (x1, y1), (x2, y2) in pairwise(tenths) if (x1, y1) != (x2, y2)]
    numbers = [
        f"{part / 10:g}".replace("0.", ".") if abs(part) < 10 and part else f"{part / 10:g}" for part in chain(*steps)
    ]
    return f"M{tenths[0][0] / 10:g} {tenths[0][1] / 10:g}l" + " ".join(numbers).replace(" -", "-") + "z"


def code_of(geometry):
    if geometry["properties"]["name"] == "Kosovo":
        return "XK"
    country = pycountry.countries.get(numeric=geometry.get("id", "").zfill(3))
    return country.alpha_2 if country else None


def main(source):
    topology = json.loads(Path(source).read_text("utf-8"))
    arcs = [*arcs_of(topology)]
    shapes = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        code = code_of(geometry)
        if code and code != "AQ" and code not in shapes:
            shapes[code] = shape(code, geometry, arcs)
    for code, place in MISSING.items():
        x, y = project(*place)
        shapes.setdefault(code, f'<circle id="{code}" cx="{x:.1f}" cy="{y:.1f}" r="2.2"/>')
    note = "<!-- Natural Earth, 1:50m countries, public domain; Equal Earth projection. Made by tests/world_map.py. -->"
    body = "\n".join(shapes[code] for code in sorted(shapes))
    TARGET.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1010 440">{note}<g id="world">\n{body}\n</g></svg>\n'
    )
    sys.stdout.write(f"{len(shapes)} countries, {TARGET.stat().st_size // 1000} KB\n")


if __name__ == "__main__":
    main(sys.argv[1])

// The map: centers and clusters of the present view, over the outlines of the land.
// All words come from the element's data; all places from the server, by view and zoom.

const EUROPE = [[34.5, -11], [61, 41]];
const LEAST_ZOOM = 1, MOST_ZOOM = 14, NEAREST_FIT = 8;
const SIGNS = {
  active: '<circle cx="6" cy="6" r="5" fill="currentColor"/>',
  low_level: '<circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" stroke-width="1.5"/><path d="M1.5 6a4.5 4.5 0 0 0 9 0z" fill="currentColor"/>',
  paused: '<path d="M2 1.5h3v9H2zM7 1.5h3v9H7z" fill="currentColor"/>',
  closed: '<path d="M2 2l8 8M10 2l-8 8" stroke="currentColor" stroke-width="2"/>',
  initiative: '<path d="M6 1v10M1 6h10" stroke="currentColor" stroke-width="2"/>',
  unknown: '<circle cx="6" cy="6" r="4.5" fill="none" stroke="currentColor" stroke-width="1.5" stroke-dasharray="2 2"/>',
};
const sign = (status) => `<svg viewBox="0 0 12 12" width="14" height="14" aria-hidden="true">${SIGNS[status] ?? SIGNS.unknown}</svg>`;

export default async function show(frame) {
  const words = frame.dataset;
  let L, land;
  try {
    [L, land] = await Promise.all([
      import(words.leaflet).then(() => globalThis.L),
      fetch(words.land).then((answer) => answer.json()),
      styles(words.styles),
    ]);
  } catch {
    tell(frame, words.failed);
    return;
  }
  const still = matchMedia("(prefers-reduced-motion: reduce)").matches;
  const element = document.createElement("div");
  element.className = "map-alive";
  frame.append(element);
  const map = L.map(element, {
    attributionControl: false, zoomControl: false, zoomSnap: 0.5,
    minZoom: LEAST_ZOOM, maxZoom: MOST_ZOOM, maxBounds: [[-75, -180], [85, 180]],
    zoomAnimation: !still, fadeAnimation: !still, markerZoomAnimation: !still, inertia: !still,
    scrollWheelZoom: false, // the page scrolls; the buttons and two fingers look nearer
  });
  if (still) map.panBy = (offset, options) => L.Map.prototype.panBy.call(map, offset, { ...options, animate: false });
  L.control.zoom({ zoomInTitle: words.zoomIn, zoomOutTitle: words.zoomOut }).addTo(map);
  element.setAttribute("role", "region");
  element.setAttribute("aria-label", words.label);
  element.setAttribute("aria-describedby", words.describedBy);
  map.createPane("land").style.zIndex = 200;
  map.createPane("towns").style.zIndex = 450;
  // One path for all: what lies within another ring is a lake.
  L.polygon(land.land.map(points), { pane: "land", className: "map-land", interactive: false }).addTo(map);
  const shown = new Map(), towns = L.layerGroup().addTo(map);
  let asked = 0;

  async function refresh() {
    const turn = ++asked;
    const found = await ask(words.points, map.getBounds(), map.getZoom());
    if (turn !== asked) return; // the view has moved on meanwhile
    if (found === null) return tell(frame, words.failed);
    tell(frame, "");
    // What is still there stays as it is, with its focus and its open bubble.
    const wanted = new Set();
    for (const cluster of found.clusters) wanted.add(addCluster(cluster));
    for (const center of found.points) {
      wanted.add(add([center.lat, center.lon], sign(center.status), `map-mark status-${center.status}`, 30,
        `${center.name}, ${center.told}`, () => [card(center, words)]));
    }
    for (const [key, marker] of shown) {
      if (!wanted.has(marker) && !marker.isPopupOpen()) {
        if (marker.getElement() === document.activeElement) element.focus({ preventScroll: true });
        marker.remove();
        shown.delete(key);
      }
    }
    nameTowns(found.towns);
  }

  // The names of towns, the largest first, each beside its place where neither marks nor names are.
  function nameTowns(all) {
    towns.clearLayers();
    const taken = [...shown.values()].map((marker) => {
      const { x, y } = map.latLngToLayerPoint(marker.getLatLng());
      const radius = marker.options.icon.options.iconSize[0] / 2;
      return { left: x - radius, right: x + radius, top: y - radius, bottom: y + radius };
    });
    for (const town of all) {
      const icon = L.divIcon({ className: "map-town", html: "", iconSize: null });
      const label = L.marker([town.lat, town.lon], { icon, pane: "towns", interactive: false, keyboard: false }).addTo(towns);
      const name = document.createElement("span");
      name.textContent = town.name;
      label.getElement().append(name);
      label.getElement().setAttribute("aria-hidden", "true");
      const { x, y } = map.latLngToLayerPoint(label.getLatLng());
      const half = name.offsetWidth / 2;
      const box = (below) => ({ left: x - half, right: x + half, top: y + below, bottom: y + below + 13 });
      const below = [5, -17, 17, -29, 29].find((offset) => !taken.some((other) => meet(box(offset), other)));
      if (below === undefined) {
        towns.removeLayer(label);
        continue;
      }
      taken.push(box(below));
      name.style.top = `${below}px`;
    }
  }

  function add(place, html, className, size, name, content) {
    const key = `${place} ${name}`;
    if (shown.has(key)) return shown.get(key);
    const icon = L.divIcon({ className, html, iconSize: [size, size] });
    const marker = L.marker(place, { icon, title: name }).addTo(map);
    shown.set(key, marker);
    marker.getElement().setAttribute("aria-label", name);
    marker.getElement().addEventListener("keydown", (event) => {
      if (event.key !== " ") return; // buttons hear the space bar as well as Enter
      event.preventDefault();
      event.currentTarget.click();
    });
    if (content) {
      const box = document.createElement("div");
      box.className = "map-popup";
      box.append(...content());
      marker.bindPopup(box, { autoPanPadding: [12, 12], minWidth: 190, maxWidth: 260 });
      marker.on("popupopen", ({ popup }) => {
        popup.getElement().querySelector(".leaflet-popup-close-button").setAttribute("aria-label", words.close);
        box.querySelector("a").focus({ preventScroll: true });
      });
      marker.on("popupclose", () => marker.getElement()?.focus({ preventScroll: true }));
    }
    return marker;
  }

  function addCluster(cluster) {
    const size = Math.min(56, 30 + 6 * Math.log2(cluster.count));
    const name = `${words.several} ${cluster.count}`;
    const content = cluster.members && (() => [
      ...cluster.members.map((center) => card(center, words)),
      ...(cluster.count > cluster.members.length ? [others(words)] : []),
    ]);
    const before = shown.size;
    const marker = add([cluster.lat, cluster.lon], `<span>${Number(cluster.count)}</span>`, "map-cluster", size, name, content);
    const [west, south, east, north] = cluster.bounds;
    if (!content && shown.size > before) {
      const nearer = () => {
        const box = L.latLngBounds([[south, west], [north, east]]).pad(0.2);
        map.setView(box.getCenter(), Math.max(map.getZoom() + 1, map.getBoundsZoom(box)), { animate: !still });
      };
      marker.on("click", nearer);
      marker.on("keypress", ({ originalEvent }) => originalEvent.key === "Enter" && nearer());
    }
    return marker;
  }

  const everywhere = await ask(words.points, null, 0);
  const box = everywhere && bounds(L, everywhere);
  if (box) {
    // On the left there are the buttons, which would cover a mark.
    if (map.getBoundsZoom(box) < 3) map.fitBounds(EUROPE);
    else map.fitBounds(box, { paddingTopLeft: [56, 20], paddingBottomRight: [20, 20], maxZoom: NEAREST_FIT });
  } else {
    map.fitBounds(EUROPE);
    if (everywhere) tell(frame, words.none);
  }
  frame.classList.add("is-alive");
  map.on("moveend", refresh);
  if (everywhere?.total) await refresh();
  element.addEventListener("keydown", ({ key }) => key === "Escape" && map.closePopup());
  element.addEventListener("focusin", () => map.scrollWheelZoom.enable());
  element.addEventListener("focusout", () => map.scrollWheelZoom.disable());
}

const meet = (one, other) =>
  one.left < other.right && other.left < one.right && one.top < other.bottom && other.top < one.bottom;

// The ring of land.json as [latitude, longitude] in degrees.
function points(ring) {
  const line = [];
  for (let index = 0, x = 0, y = 0; index < ring.length; index += 2) {
    x += ring[index];
    y += ring[index + 1];
    line.push([y / 100, x / 100]);
  }
  return line;
}

// What the server shows of the view (null: of the world); null where it cannot be had.
async function ask(address, view, zoom) {
  const url = new URL(address, location.href);
  const box = view ? [view.getWest(), view.getSouth(), view.getEast(), view.getNorth()] : [-180, -90, 180, 90];
  // Longitudes and latitudes in turn.
  const inside = box.map((degrees, side) => Math.max(-180 / (1 + side % 2), Math.min(180 / (1 + side % 2), degrees)));
  url.searchParams.set("bbox", inside.map((degrees) => degrees.toFixed(4)).join(","));
  url.searchParams.set("zoom", Math.round(zoom));
  url.searchParams.delete("view");
  try {
    const answer = await fetch(url, { headers: { Accept: "application/json" } });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

function bounds(L, found) {
  const box = L.latLngBounds([]);
  for (const { lat, lon } of found.points) box.extend([lat, lon]);
  for (const { bounds: [west, south, east, north] } of found.clusters) box.extend([[south, west], [north, east]]);
  return box.isValid() ? box : null;
}

// A center as the bubble tells it.
function card(center, words) {
  const part = document.createElement("p");
  const link = document.createElement("a");
  link.href = center.url;
  link.textContent = center.name;
  const told = document.createElement("span");
  told.className = `map-told status-${center.status}`;
  told.innerHTML = sign(center.status);
  told.append(` ${center.told}`);
  part.append(link, told, [center.place, words[center.precision]].filter(Boolean).join(". "));
  return part;
}

// Where more stand at one point than a bubble can name.
function others(words) {
  const part = document.createElement("p");
  const link = document.createElement("a");
  link.href = words.list;
  link.textContent = words.others;
  part.append(link);
  return part;
}

function styles(address) {
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = address;
  return new Promise((loaded, failed) => {
    link.onload = loaded;
    link.onerror = failed;
    document.head.append(link);
  });
}

function tell(frame, sentence) {
  let note = frame.querySelector(".map-note");
  if (!note) {
    note = document.createElement("p");
    note.className = "map-note note";
    note.setAttribute("role", "status");
    frame.prepend(note);
  }
  note.textContent = sentence;
  note.hidden = !sentence;
}

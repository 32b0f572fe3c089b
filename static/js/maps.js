// Draws a map beside the list of its places: outlines from a GeoJSON address, values from the list. No tiles, no other host.
(() => {
  const script = document.currentScript;
  const root = document.documentElement;
  const svg = (name, attributes) => {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => element.setAttribute(key, value));
    return element;
  };
  let library;

  const loadLibrary = () => {
    library ??= new Promise((resolve, reject) => {
      const style = document.createElement("link");
      style.rel = "stylesheet";
      style.href = script.dataset.leafletCss;
      // Before the portal's own files, so that these have the last word.
      document.head.querySelector("link[rel=stylesheet]").before(style);
      const tag = document.createElement("script");
      tag.src = script.dataset.leaflet;
      tag.onload = () => resolve(window.L);
      tag.onerror = reject;
      document.head.append(tag);
    });
    return library;
  };

  const readList = (figure) =>
    Array.from(figure.querySelectorAll("[data-map-list] > li")).map((item) => {
      const raw = item.dataset.value;
      return {
        item,
        code: item.dataset.code,
        name: item.dataset.name,
        text: item.lastElementChild.textContent.replace(/\s+/g, " ").trim(),
        value: raw === "" || raw === undefined ? null : Number(raw),
        state: item.dataset.state || "",
        link: item.querySelector("a"),
      };
    });

  // Up to five classes with about as many places in each; equal values never part.
  const classBounds = (values) => {
    const sorted = [...values].sort((a, b) => a - b);
    const bounds = [];
    for (let step = 1; step < 5; step += 1) {
      const bound = sorted[Math.floor((sorted.length * step) / 5)];
      if (bound > sorted[0] && bound !== bounds[bounds.length - 1]) bounds.push(bound);
    }
    return bounds;
  };

  const draw = async (figure) => {
    const L = await loadLibrary();
    const answer = await fetch(figure.dataset.geojson, { headers: { Accept: "application/geo+json, application/json" } });
    if (!answer.ok) throw new Error(`No outlines: ${answer.status}`);
    const outlines = await answer.json();
    const places = readList(figure);
    const byCode = new Map(places.map((place) => [place.code, place]));
    const known = places.filter((place) => place.value !== null).map((place) => place.value);
    const bounds = classBounds(known);
    // Few classes take the outer colours too, so that they can be told apart.
    const shade = (index) => Math.round(1 + (bounds.length ? (index * 4) / bounds.length : 2));
    // Amounts are circles, whose area says how many: a large place with few people would else look like many.
    const hasCircles = figure.hasAttribute("data-circles");
    const largest = Math.max(...known.map(Math.abs), 0);
    // All circles together cover an eighth of the map, so that many places do not hide each other.
    const canvas = figure.querySelector("[data-map-canvas]");
    const together = known.reduce((sum, value) => sum + Math.abs(value), 0);
    const room = () => Math.sqrt((canvas.clientWidth * canvas.clientHeight * largest) / (8 * Math.PI * together));
    const radius = (value) => (largest ? Math.max(2, Math.min(24, room()) * Math.sqrt(Math.abs(value) / largest)) : 0);
    const classOf = (place) => {
      if (!place) return "none";
      if (place.value !== null && hasCircles) return "outline";
      if (place.value === null) return { suppressed: "suppressed", not_applicable: "not-applicable" }[place.state] || "none";
      return shade(bounds.filter((bound) => place.value >= bound).length);
    };

    const side = figure.querySelector("[data-map-side]");
    side.hidden = false;
    side.parentElement.classList.add("has-map");
    const status = figure.querySelector("[data-map-status]");
    const calm = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    const map = L.map(canvas, {
      attributionControl: false,
      keyboard: false,
      scrollWheelZoom: false,
      zoomSnap: 0.25,
      zoomAnimation: !calm,
      fadeAnimation: !calm,
    });

    const paths = new Map();
    const show = (place) => {
      figure.querySelectorAll(".is-shown").forEach((one) => one.classList.remove("is-shown"));
      if (!place) {
        status.textContent = "";
        return;
      }
      status.textContent = `${place.name}: ${place.text}`;
      place.item.classList.add("is-shown");
      const path = paths.get(place.code);
      if (path) {
        path.classList.add("is-shown");
        // Drawn last, so that its outline is not covered. The others move: an element that is moved loses the focus.
        while (path.nextSibling) path.before(path.nextSibling);
      }
    };

    const layer = L.geoJSON(outlines, {
      filter: (feature) => feature.geometry && feature.geometry.type !== "Point",
      style: (feature) => ({ className: `map-place map-class-${classOf(byCode.get(String(feature.properties.code ?? feature.id)))}`, weight: 1.25 }),
    }).addTo(map);
    const showAll = () => map.fitBounds(layer.getBounds(), { padding: [12, 12], animate: false });
    showAll();
    document.addEventListener("portal:print", showAll);

    if (hasCircles) {
      const drawn = [];
      layer.eachLayer((shape) => {
        const place = byCode.get(String(shape.feature.properties.code ?? shape.feature.id));
        if (place && place.value) drawn.push({ at: shape.getBounds().getCenter(), value: place.value });
      });
      drawn.sort((one, other) => Math.abs(other.value) - Math.abs(one.value));
      drawn.forEach((one) => L.circleMarker(one.at, { radius: radius(one.value), className: "map-circle", interactive: false, pane: "markerPane" }).addTo(map));
    }

    const order = [];
    layer.eachLayer((shape) => {
      const place = byCode.get(String(shape.feature.properties.code ?? shape.feature.id));
      const path = shape.getElement();
      if (!place || !path) return;
      paths.set(place.code, path);
      order.push(place);
      path.setAttribute("role", place.link ? "link" : "img");
      path.setAttribute("aria-label", `${place.name}: ${place.text}`);
      path.setAttribute("tabindex", "-1");
      path.addEventListener("mouseenter", () => show(place));
      path.addEventListener("focus", () => show(place));
      shape.on("click", () => place.link && place.link.click());
    });
    order.sort((a, b) => places.indexOf(a) - places.indexOf(b));

    // One stop for the Tab key; arrows go from place to place in the order of the list.
    const moveTo = (place, focus) => {
      paths.forEach((path) => path.setAttribute("tabindex", "-1"));
      const path = paths.get(place.code);
      path.setAttribute("tabindex", "0");
      if (focus) path.focus({ preventScroll: true });
    };
    if (order.length) moveTo(order[0], false);
    canvas.addEventListener("keydown", (event) => {
      const at = order.findIndex((place) => paths.get(place.code) === document.activeElement);
      if (at < 0) return;
      const forward = root.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
      const back = root.dir === "rtl" ? "ArrowRight" : "ArrowLeft";
      const to = { [forward]: at + 1, ArrowDown: at + 1, [back]: at - 1, ArrowUp: at - 1, Home: 0, End: order.length - 1 }[event.key];
      if (to !== undefined) {
        event.preventDefault();
        moveTo(order[(to + order.length) % order.length], true);
      } else if ((event.key === "Enter" || event.key === " ") && order[at].link) {
        event.preventDefault();
        order[at].link.click();
      }
    });
    places.forEach((place) => place.item.addEventListener("mouseenter", () => show(place)));

    const legend = figure.querySelector("[data-map-legend]");
    const [least, most] = figure.dataset.decimals === "" ? [0, 1] : [Number(figure.dataset.decimals), Number(figure.dataset.decimals)];
    const words = (value) => window.portalNumbers.full(value, least, most);
    const unit = figure.dataset.unit === "%" ? "%" : figure.dataset.unit ? ` ${figure.dataset.unit}` : "";
    const addKey = (css, text) => {
      const item = document.createElement("li");
      const swatch = svg("svg", { viewBox: "0 0 22 14", "aria-hidden": "true" });
      swatch.append(svg("rect", { x: 0.5, y: 0.5, width: 21, height: 13, rx: 2, class: css }));
      const span = document.createElement("span");
      span.dir = "auto";
      span.textContent = text;
      item.append(swatch, span);
      legend.append(item);
    };
    legend.replaceChildren();
    const edges = [Math.min(...known), ...bounds, Math.max(...known)];
    if (known.length && hasCircles) {
      [largest, largest / 4].forEach((value) => {
        const size = Math.ceil(radius(value));
        const item = document.createElement("li");
        const swatch = svg("svg", { viewBox: `0 0 ${2 * size} ${2 * size}`, width: 2 * size, height: 2 * size, class: "map-legend-circle", "aria-hidden": "true" });
        swatch.append(svg("circle", { cx: size, cy: size, r: size }));
        const span = document.createElement("span");
        span.dir = "auto";
        span.textContent = words(least ? value : Math.round(value)) + unit;
        item.append(swatch, span);
        legend.append(item);
      });
    } else if (known.length) {
      for (let index = 0; index <= bounds.length; index += 1) {
        const inside = known.filter((value) => bounds.filter((bound) => value >= bound).length === index);
        if (!inside.length) continue;
        const low = words(index === 0 ? edges[0] : Math.min(...inside));
        const high = words(Math.max(...inside));
        addKey(`map-class-${shade(index)}`, low === high ? low + unit : `${low} – ${high}${unit}`);
      }
    }
    if (places.some((place) => classOf(place) === "none")) addKey("map-class-none", figure.dataset.noData);
    if (places.some((place) => classOf(place) === "suppressed")) addKey("map-class-suppressed", figure.dataset.suppressed);
    if (places.some((place) => classOf(place) === "not-applicable")) addKey("map-class-not-applicable", figure.dataset.notApplicable);
  };

  const fail = (figure) => {
    figure.querySelector("[data-map-side]").hidden = true; // The list stays, and it is enough.
    figure.querySelector(".map-body").classList.remove("has-map");
  };
  const drawn = new Map();
  const drawOnce = (figure) => {
    seen.unobserve(figure);
    if (!drawn.has(figure)) drawn.set(figure, draw(figure).catch(() => fail(figure)));
    return drawn.get(figure);
  };
  const seen = new IntersectionObserver(
    (entries) => {
      entries.filter((entry) => entry.isIntersecting).forEach((entry) => {
        drawOnce(entry.target);
      });
    },
    { rootMargin: "400px 0px" },
  );
  document.querySelectorAll("[data-map][data-geojson]").forEach((figure) => seen.observe(figure));
  // What is to be printed is drawn before, seen or not.
  document.addEventListener("portal:print", (event) => {
    document.querySelectorAll("[data-map][data-geojson]").forEach((figure) => event.detail.push(drawOnce(figure)));
  });
})();

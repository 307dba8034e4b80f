// The photo: zoom, drag, boxes, lasso, and the box that is being drawn or moved. It knows places in the photo's pixels
// and which boxes are chosen; the sheet is the caller's.

const MOST_ZOOM = 12, ZOOM_STEP = 1.5, FINE_FROM = 1.4, NUDGE = 0.01, LEAST_PX = 4;

function makeStage(root, calls) {
  const [stage, frame, path] = [".stage", ".frame", ".lasso path"].map((name) => root.querySelector(name));
  let photo = null, zoom = 1, buttons = [], draft = null, lassoing = false;

  function fit() {
    if (!photo) return;
    const scale = Math.min(stage.clientWidth / photo.width, stage.clientHeight / photo.height);
    frame.style.width = `${photo.width * scale * zoom}px`;
    frame.style.height = `${photo.height * scale * zoom}px`;
    stage.classList.toggle("near", zoom > 1);
    if (zoom >= FINE_FROM && photo.picture.dataset.fine === undefined) fetchFine(photo);
  }

  function fetchFine({ picture, fine }) {
    const finer = new Image();
    picture.dataset.fine = fine;
    finer.onload = () => (picture.src = fine);
    finer.src = fine;
  }

  // The point under the pointer (or the middle) stays where it is.
  function zoomTo(next, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
    const [edge, before] = [stage.getBoundingClientRect(), frame.getBoundingClientRect()];
    const share = [(edge.left + x - before.left) / before.width, (edge.top + y - before.top) / before.height];
    zoom = Math.min(MOST_ZOOM, Math.max(1, next));
    fit();
    const after = frame.getBoundingClientRect();
    stage.scrollLeft += after.left + share[0] * after.width - edge.left - x;
    stage.scrollTop += after.top + share[1] * after.height - edge.top - y;
  }

  const pixel = ({ clientX, clientY }) => {
    const edge = frame.getBoundingClientRect();
    const share = [(clientX - edge.left) / edge.width, (clientY - edge.top) / edge.height];
    return [0, 1].map((side) => Math.min(1, Math.max(0, share[side])) * [photo.width, photo.height][side]);
  };

  function place(element, [left, top, right, bottom]) {
    const [width, height] = [photo.width / 100, photo.height / 100];
    element.style.left = `${left / width}%`;
    element.style.top = `${top / height}%`;
    element.style.width = `${(right - left) / width}%`;
    element.style.height = `${(bottom - top) / height}%`;
  }

  // flowers: with box, colour, kind and the words that say what each is. The smallest lie on top.
  function draw(flowers, chosen) {
    while (buttons.length > flowers.length) buttons.pop().remove();
    while (buttons.length < flowers.length) buttons.push(newBox(buttons.length));
    flowers.forEach((flower, at) => {
      const box = buttons[at], [left, top, right, bottom] = flower.box;
      box.className = `box ${flower.kind}`;
      box.classList.toggle("chosen", chosen.has(at));
      box.setAttribute("aria-pressed", chosen.has(at));
      box.setAttribute("aria-label", flower.words);
      box.style.setProperty("--taxon", flower.colour);
      box.style.zIndex = 1 + Math.round(999 * (1 - ((right - left) * (bottom - top)) / (photo.width * photo.height)));
      place(box, flower.box);
    });
  }

  function newBox(at) {
    const box = document.createElement("button");
    box.type = "button";
    box.dataset.at = at;
    box.onfocus = () => box.matches(":focus-visible") && calls.reach(at);
    frame.insertBefore(box, buttons.at(-1) ?? null); // Tab comes to the least sure ones first
    return box;
  }

  // A box in the middle of what is seen, or one that is there already, until it is kept or dropped.
  function start(box, index) {
    if (!box) {
      const edge = stage.getBoundingClientRect();
      const [x, y] = pixel({ clientX: edge.left + edge.width / 2, clientY: edge.top + edge.height / 2 });
      const half = Math.min(photo.width, photo.height) / 12 / zoom;
      box = [x - half, y - half, x + half, y + half];
    }
    draft = { box, index, element: root.querySelector(".draft"), drawn: false };
    draft.element.hidden = false;
    stage.classList.add("drawing");
    place(draft.element, box);
  }

  function stop() {
    const done = draft;
    draft = null;
    lassoing = false;
    stage.classList.remove("drawing", "lassoing");
    if (done) done.element.hidden = true;
    return done;
  }

  function nudge(key, resize) {
    const way = ARROWS[key];
    const [right, down] = way.map((step) => step * NUDGE * Math.max(photo.width, photo.height) / zoom);
    const [a, b, c, d] = draft.box;
    setDraft(resize ? [a, b, Math.max(a + LEAST_PX, c + right), Math.max(b + LEAST_PX, d + down)] : moved(draft.box, right, down));
  }

  const moved = ([left, top, right, bottom], x, y) => {
    const by = [Math.min(Math.max(x, -left), photo.width - right), Math.min(Math.max(y, -top), photo.height - bottom)];
    return [left + by[0], top + by[1], right + by[0], bottom + by[1]];
  };

  function setDraft([left, top, right, bottom]) {
    const [x, y] = [Math.min(Math.max(0, left), photo.width - LEAST_PX), Math.min(Math.max(0, top), photo.height - LEAST_PX)];
    draft.box = [x, y, Math.max(x + LEAST_PX, Math.min(photo.width, right)), Math.max(y + LEAST_PX, Math.min(photo.height, bottom))];
    place(draft.element, draft.box);
  }

  // The sides of the draft that a pointer has hold of: near an edge those, inside none (it moves), outside null.
  function grip([x, y]) {
    const near = (12 * photo.width) / frame.clientWidth, [left, top, right, bottom] = draft.box;
    if (x < left - near || x > right + near || y < top - near || y > bottom + near) return null;
    return [Math.abs(x - left) < near, Math.abs(y - top) < near, Math.abs(x - right) < near, Math.abs(y - bottom) < near];
  }

  const shapeOf = ([ax, ay], [bx, by]) => [Math.min(ax, bx), Math.min(ay, by), Math.max(ax, bx), Math.max(ay, by)];

  let hold = null;
  stage.addEventListener("pointerdown", (event) => {
    if (!photo || event.button !== 0 || event.target.closest(".tools")) return;
    const finger = event.pointerType !== "mouse" && !draft && !lassoing; // a finger scrolls and zooms by itself
    const at = pixel(event);
    hold = { at, x: event.clientX, y: event.clientY, left: stage.scrollLeft, top: stage.scrollTop, moved: false };
    hold.kind = finger ? "finger" : draft ? "draft" : lassoing || event.shiftKey || zoom === 1 ? "lasso" : "pan";
    hold.box = event.target.closest?.(".box");
    hold.trace = [at];
    if (draft) {
      hold.from = draft.box;
      hold.sides = draft.index === null ? null : grip(at);
    }
    if (hold.kind !== "finger") event.preventDefault(); // the focus stays where it is
  });

  stage.addEventListener("pointermove", (event) => {
    if (!hold || hold.kind === "finger") return;
    const [right, down] = [event.clientX - hold.x, event.clientY - hold.y];
    if (!hold.moved && Math.hypot(right, down) <= 4) return;
    if (!hold.moved) stage.setPointerCapture(event.pointerId);
    hold.moved = true;
    const at = pixel(event);
    if (hold.kind === "pan") stage.scrollTo(hold.left - right, hold.top - down);
    if (hold.kind === "draft") drag(at);
    if (hold.kind === "lasso") {
      hold.trace.push(at);
      path.setAttribute("d", `M${hold.trace.map((point) => point.join(" ")).join("L")}Z`);
    }
  });

  function drag(at) {
    const [right, down] = [at[0] - hold.at[0], at[1] - hold.at[1]], sides = hold.sides;
    if (!sides) return void (draft.index === null && (setDraft(shapeOf(hold.at, at)), (draft.drawn = true)));
    if (!sides.some(Boolean)) return setDraft(moved(hold.from, right, down));
    const by = [right, down, right, down].map((step, side) => hold.from[side] + (sides[side] ? step : 0));
    setDraft(shapeOf(by.slice(0, 2), by.slice(2)));
  }

  stage.addEventListener("pointerup", (event) => {
    const { kind, moved: far, trace, box } = hold ?? {};
    hold = null;
    path.removeAttribute("d");
    if (!kind) return;
    if (kind === "draft" && draft?.drawn) return calls.drawn();
    if (kind === "lasso" && far) return calls.choose(inside(trace), event.shiftKey);
    if (far || kind === "draft") return;
    if (box) calls.choose(new Set([Number(box.dataset.at)]), event.shiftKey || event.ctrlKey || event.metaKey);
    else if (kind !== "finger") calls.choose(new Set());
  });
  stage.addEventListener("pointercancel", () => (hold = null));

  // The boxes whose middle lies within the line.
  function inside(trace) {
    const within = ([left, top, right, bottom]) => {
      const [x, y] = [(left + right) / 2, (top + bottom) / 2];
      return trace.reduce((odd, [ax, ay], nth) => {
        const [bx, by] = trace[(nth + 1) % trace.length];
        return ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax ? !odd : odd;
      }, false);
    };
    return new Set(calls.flowers().flatMap((flower, at) => (within(flower.box) ? [at] : [])));
  }

  const beside = ({ clientX, clientY }) => {
    const edge = stage.getBoundingClientRect();
    return [clientX - edge.left, clientY - edge.top];
  };
  stage.addEventListener("wheel", (event) => {
    event.preventDefault(); // nothing scrolls here, so that the wheel alone zooms
    zoomTo(zoom * Math.exp(-event.deltaY / 300), ...beside(event));
  }, { passive: false });
  let spread = 0;
  stage.addEventListener("touchmove", (event) => {
    if (event.touches.length !== 2) return;
    event.preventDefault();
    const [a, b] = event.touches, now = Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
    const middle = { clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 };
    if (spread) zoomTo((zoom * now) / spread, ...beside(middle));
    spread = now;
  }, { passive: false });
  stage.addEventListener("touchend", () => (spread = 0));
  new ResizeObserver(fit).observe(stage);

  return {
    draw, start, stop, nudge,
    get drafting() { return draft !== null; },
    zoomBy: (factor) => zoomTo(factor ? zoom * factor : 1),
    pan: (key) => {
      const way = ARROWS[key];
      stage.scrollBy(way[0] * 80, way[1] * 80);
    },
    lasso: () => stage.classList.toggle("lassoing", (lassoing = true)),
    focus: () => stage.focus({ preventScroll: true }),
    // next: width, height, fine, alt and picture, an image that is loaded already.
    show(next) {
      stop();
      photo = next;
      zoom = 1;
      next.picture.alt = next.alt;
      frame.querySelector("img")?.remove();
      frame.prepend(next.picture);
      root.querySelector(".lasso").setAttribute("viewBox", `0 0 ${next.width} ${next.height}`);
      stage.setAttribute("aria-label", next.alt);
      fit();
    },
  };
}

// The flowers that are shown: as large as the room allows, one of them with the focus, some of them marked.

const GAP_PX = 4, LEAST_PX = 76, MOST_PX = 192;

function makeGrid(root, calls) {
  const grid = root.querySelector(".grid");
  let cells = [], at = 0, anchor = 0;

  // As few columns as let all of them be seen; on a small screen they scroll.
  function fit() {
    const { clientWidth: width, clientHeight: height } = grid;
    let side = LEAST_PX;
    for (let columns = 1; ; columns += 1) {
      const next = Math.floor((width - GAP_PX) / columns) - GAP_PX;
      if (next < LEAST_PX) break;
      side = Math.min(MOST_PX, next);
      if (Math.ceil(cells.length / columns) * (side + GAP_PX) + 2 * GAP_PX <= height) break;
    }
    grid.style.setProperty("--side", `${side}px`);
  }
  new ResizeObserver(fit).observe(grid);

  function cell({ picture, label }, nth) {
    const one = line("div", "", "crop");
    one.setAttribute("role", "option");
    one.setAttribute("aria-label", label);
    one.append(Object.assign(document.createElement("img"), { src: picture, alt: "", loading: "lazy", decoding: "async" }));
    one.onclick = (event) => {
      if (event.shiftKey) return calls.markBetween(anchor, nth);
      anchor = nth;
      go(nth);
      calls.mark(nth);
    };
    one.onfocus = () => calls.tellOf(nth);
    return one;
  }

  function go(next, extends_ = false) {
    if (!cells.length) return;
    at = Math.min(cells.length - 1, Math.max(0, next));
    if (!extends_) anchor = at;
    cells.forEach((one, nth) => (one.tabIndex = nth === at ? 0 : -1));
    cells[at].focus({ preventScroll: false });
  }

  return {
    get at() { return at; },
    // Answers once all are seen.
    show(flowers) {
      cells = flowers.map(cell);
      grid.replaceChildren(...cells);
      grid.scrollTop = 0;
      [at, anchor] = [Math.min(at, Math.max(0, cells.length - 1)), 0];
      fit();
      return Promise.allSettled(cells.map((one) => one.firstChild.decode()));
    },
    mark: (marked) => cells.forEach((one, nth) => one.setAttribute("aria-selected", marked.has(nth))),
    focus: () => go(at),
    // A step with an arrow; with Shift, all from where it was pressed first.
    step(key, shift) {
      const columns = Math.max(1, cells.findIndex((one) => one.offsetTop > cells[0].offsetTop)) || cells.length;
      const [right, down] = ARROWS[key], from = anchor;
      go(at + right + down * columns, shift);
      if (shift) calls.markBetween(from, at);
    },
    label: (text) => grid.setAttribute("aria-label", text),
  };
}

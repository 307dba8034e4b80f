// A photo that can be zoomed and dragged, with a box a flower. Zooming widens the picture inside a scrolling stage, so
// that wheel, finger and arrow keys move it as they move any page. Texts come in as text, never as markup.

const MOST = 12, STEP = 1.5, FINE_FROM = 1.4;

export default function (component) {
  const { data, parentElement: root } = component;
  if (!root.viewer) root.viewer = build(root);
  root.viewer.show(data);
}

function build(root) {
  const find = (name) => root.querySelector(name);
  const [stage, frame, image, said] = [".stage", ".frame", "img", ".said"].map(find);
  const [closer, farther, whole] = ["closer", "farther", "whole"].map((name) => find(`[name=${name}]`));
  let data = null, zoom = 1, boxes = [], chosen = null;

  function fit() {
    const widest = Math.min(stage.parentElement.clientWidth, (0.7 * window.innerHeight * data.width) / data.height);
    frame.style.width = `${widest * zoom}px`;
    frame.style.aspectRatio = `${data.width} / ${data.height}`;
    closer.disabled = zoom >= MOST;
    farther.disabled = whole.disabled = zoom <= 1;
    if (zoom >= FINE_FROM && image.dataset.fine !== data.fine) fetchFine();
  }

  function fetchFine() {
    const finer = new Image(), wanted = (image.dataset.fine = data.fine);
    finer.onload = () => { if (data.fine === wanted) image.src = wanted; };
    finer.src = wanted;
  }

  // The point under the pointer (or the middle) stays where it is.
  function zoomTo(next, x = stage.clientWidth / 2, y = stage.clientHeight / 2) {
    const before = zoom;
    zoom = Math.min(MOST, Math.max(1, next));
    const at = [(stage.scrollLeft + x) / before, (stage.scrollTop + y) / before];
    fit();
    stage.scrollTo(at[0] * zoom - x, at[1] * zoom - y);
  }

  function say(box) {
    said.replaceChildren();
    if (!box) return said.append(line("p", data.hint, "quiet"));
    const name = line("p", "");
    name.append(...italic(box.name), ` ${box.sure}`);
    said.append(name, line("p", data.alone, "quiet"));
    const list = document.createElement("ol");
    for (const [taxon, score] of box.best) {
      const row = document.createElement("li"), words = document.createElement("span");
      words.append(...italic(taxon));
      row.append(words, line("span", score));
      list.append(row);
    }
    said.append(list);
  }

  function choose(index, { focus = false } = {}) {
    chosen = index;
    boxes.forEach((box, at) => {
      box.classList.toggle("chosen", at === index);
      box.setAttribute("aria-pressed", at === index);
      box.tabIndex = at === (index ?? 0) ? 0 : -1;
    });
    say(data.boxes[index]);
    if (focus) boxes[index].focus();
  }

  function draw() {
    boxes.forEach((box) => box.remove());
    boxes = data.boxes.map((flower, index) => {
      const box = document.createElement("button");
      box.type = "button";
      box.className = `box ${flower.kind}`;
      box.setAttribute("aria-label", `${flower.name.join(" ")} ${flower.sure}`);
      box.style.cssText = flower.place;
      box.style.setProperty("--taxon", flower.colour);
      box.onmouseenter = () => say(flower);
      box.onmouseleave = () => say(data.boxes[chosen]);
      box.onclick = () => choose(index);
      box.onfocus = () => choose(index);
      box.onkeydown = (event) => walk(event, index);
      frame.append(box);
      return box;
    });
    choose(null);
  }

  function walk(event, index) {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape") choose(null);
    if (step === undefined) return;
    choose((index + step + boxes.length) % boxes.length, { focus: true });
    event.preventDefault();
    event.stopPropagation();
  }

  closer.onclick = () => zoomTo(zoom * STEP);
  farther.onclick = () => zoomTo(zoom / STEP);
  whole.onclick = () => zoomTo(1);
  stage.ondblclick = (event) => zoomTo(zoom * 2, ...within(event));
  stage.onkeydown = (event) => {
    if (event.key === "+" || event.key === "=") zoomTo(zoom * STEP);
    else if (event.key === "-") zoomTo(zoom / STEP);
    else if (event.key === "0") zoomTo(1);
    else if (zoom === 1 || !event.key.startsWith("Arrow")) return;
    event.stopPropagation(); // while it is zoomed, arrows move the picture and do not leaf to the next photo
  };
  stage.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return; // a plain wheel scrolls; Ctrl and a pinch on a touchpad zoom
    event.preventDefault();
    zoomTo(zoom * Math.exp(-event.deltaY / 200), ...within(event));
  }, { passive: false });

  const within = ({ clientX, clientY }) => {
    const edge = stage.getBoundingClientRect();
    return [clientX - edge.left, clientY - edge.top];
  };

  let hold = null;
  stage.onpointerdown = (event) => {
    if (event.pointerType !== "mouse" || event.button !== 0) return; // a finger scrolls by itself
    hold = { x: event.clientX, y: event.clientY, left: stage.scrollLeft, top: stage.scrollTop };
  };
  stage.onpointermove = (event) => {
    if (!hold) return;
    const [right, down] = [event.clientX - hold.x, event.clientY - hold.y];
    if (Math.hypot(right, down) > 4) stage.setPointerCapture(event.pointerId); // from here on it is no click on a box
    stage.scrollTo(hold.left - right, hold.top - down);
  };
  stage.onpointerup = stage.onpointercancel = () => (hold = null);

  let spread = 0;
  const between = ([a, b]) => Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY);
  const middle = ([a, b]) => within({ clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2 });
  stage.addEventListener("touchmove", (event) => {
    if (event.touches.length !== 2) return;
    event.preventDefault();
    const now = between(event.touches);
    if (spread) zoomTo((zoom * now) / spread, ...middle(event.touches));
    spread = now;
  }, { passive: false });
  stage.addEventListener("touchend", () => (spread = 0));

  new ResizeObserver(() => data && fit()).observe(stage.parentElement);

  return {
    show(next) {
      const other = data?.photo !== next.photo;
      data = next;
      if (other) {
        zoom = 1;
        image.src = data.picture;
        image.dataset.fine = "";
        if (data.ahead) new Image().src = data.ahead;
      }
      image.alt = data.alt;
      stage.setAttribute("aria-label", data.alt);
      for (const button of [closer, farther, whole]) button.title = button.ariaLabel = data.words[button.name];
      draw();
      fit();
    },
  };
}

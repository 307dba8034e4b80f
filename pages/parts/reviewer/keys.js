// Keys and buttons of the ACTIONS of a screen.

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const capOf = ({ key, cap }) => cap ?? key.toUpperCase();

function actionOf({ key, shiftKey }) {
  const same = ACTIONS.filter((one) => one.key === key || one.key === key.toLowerCase());
  return same.find((one) => Boolean(one.shift) === shiftKey) ?? same[0];
}

function makeButtons(root, words, run) {
  const buttons = ACTIONS.filter(({ name }) => name !== "more").map((action) => {
    let button = root.querySelector(`button[name=${action.name}]`);
    if (!button) {
      button = document.createElement("button");
      Object.assign(button, { type: "button", name: action.name });
      root.querySelector(".bar").append(button);
    }
    const { sign } = action, text = words.actions[action.name];
    if (sign) Object.assign(button, { textContent: sign, title: text, ariaLabel: text });
    else button.append(line("span", text), " ", line("kbd", capOf(action)));
    button.setAttribute("aria-keyshortcuts", `${action.shift ? "Shift+" : ""}${action.key}`);
    button.onclick = () => run(action);
    return [action, button];
  });
  const dialog = root.querySelector("dialog");
  dialog.querySelector("h2").textContent = words.keys;
  dialog.querySelector("button").textContent = words.close;
  const all = ACTIONS.map((action) => [capOf(action), words.long[action.name] ?? words.actions[action.name]]);
  for (const [keys, text] of [...all, ...words.others]) {
    const term = document.createElement("dt");
    term.append(line("kbd", keys));
    dialog.querySelector("dl").append(term, line("dd", text));
  }
  return {
    // can: whether an action is possible now; pressed: the name of the one that is under way.
    enable(can, pressed) {
      for (const [action, button] of buttons) {
        button.disabled = !can(action);
        button.setAttribute("aria-pressed", action.name === pressed);
      }
    },
    explain: () => dialog.showModal(),
    explaining: () => dialog.open,
  };
}

// Ask `pressed` of each key on this page that no field takes and no button; true means that it was for something.
function listen(root, page, buttons, pressed) {
  function onKey(event) {
    const path = event.composedPath(), focused = path[0];
    if (!page.isConnected) return window.removeEventListener("keydown", onKey, true);
    if (!(path.includes(root) || focused === document.body) || buttons.explaining()) return;
    const press = event.key === "Enter" || event.key === " ";
    if (event.altKey || focused.matches?.("input, select") || (press && focused.matches?.("button:not(.box):not(.row)"))) return;
    if (!pressed(event, focused)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }
  window.addEventListener("keydown", onKey, true);
}

// The page ends where the window does.
function fillWindow(page) {
  const measure = () => page.style.setProperty("--room", `${window.innerHeight - page.getBoundingClientRect().top - 12}px`);
  for (const one of [document.body, page]) new ResizeObserver(measure).observe(one);
  window.addEventListener("resize", measure);
  measure();
}

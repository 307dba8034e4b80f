// A click with shift ticks all boxes since the last one that was clicked, as lists of files do.

const KEY = /st-key-\S+/;
let last = null; // the key of its box: the element itself may be drawn anew

export default function ({ data }) {
  const own = `[class*="st-key-${CSS.escape(data.prefix)}"]`;
  const keyOf = (box) => box.closest(own).className.match(KEY)[0];
  const follow = (event) => {
    const box = event.target.closest?.(own)?.querySelector("input[type=checkbox]");
    if (!box || !event.isTrusted || event.target === box) return; // a click on the label clicks the box as well
    const all = [...document.querySelectorAll(`${own} input[type=checkbox]`)];
    const from = all.findIndex((one) => keyOf(one) === last);
    const to = all.indexOf(box);
    if (event.shiftKey && from >= 0) {
      const ticked = !box.checked;
      for (const one of all.slice(Math.min(from, to), Math.max(from, to) + 1)) {
        if (one !== box && one.checked !== ticked) one.click();
      }
    }
    last = keyOf(box);
  };
  document.addEventListener("click", follow, true);
  return () => document.removeEventListener("click", follow, true);
}

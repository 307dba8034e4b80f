// The field in which a name is found: the last five names, then what the model thought of, then whatever the server
// finds for the letters typed so far; at the end the name as it is written, with its rank and family. The first nine
// are on the keys 1 to 9. Names are [taxon, scientific, vernacular].

const LAST_NAMES = 5, LEAST_WRITTEN = 3, ON_KEYS = 9;
const WRITTEN = ["", "", ""];

function makeNames(root, data, place) {
  const { user, words, language } = data;
  const [panel, field, list, title] = [".names", ".names input", ".names ul", ".names label"].map((name) => root.querySelector(name));
  const kept = `bloomcount names ${user}`;
  const form = panel.querySelector("form"), [rank, family] = form.querySelectorAll("select, input");
  const known = new Map(); // answers of the server by what was asked
  let asked = null, offers = [], at = 0, request = 0;

  const lastNames = () => JSON.parse(storage()[kept] ?? "[]");
  function keep(name) {
    const others = lastNames().filter(([taxon]) => taxon !== name[0]);
    remember(kept, [name, ...others].slice(0, LAST_NAMES));
  }

  // best: names that the model thought of. Answers the name chosen, or null where none was.
  function ask({ heading, photo, best }) {
    close(null);
    title.textContent = heading;
    list.setAttribute("aria-label", heading);
    field.value = "";
    panel.hidden = list.hidden = false;
    form.hidden = true;
    field.focus();
    return new Promise((done) => {
      asked = { photo, best, done };
      offerFirst();
    });
  }

  function close(name) {
    if (!asked) return;
    const { done } = asked;
    asked = null;
    request += 1;
    panel.hidden = true;
    if (name) keep(name);
    done(name);
  }

  function offerFirst() {
    const last = lastNames();
    offer([...last, ...asked.best.filter(([taxon]) => !last.some(([other]) => other === taxon))]);
  }

  function offer(names) {
    offers = names;
    list.replaceChildren(...names.map((name, nth) => {
      const row = line("li", "");
      row.id = `offer-${nth}`;
      row.setAttribute("role", "option");
      if (nth < ON_KEYS) row.append(line("kbd", nth + 1));
      const text = line("span", name === WRITTEN ? words.asWritten.replace("{name}", field.value.trim()) : "");
      if (name !== WRITTEN) text.append(...italic(name.slice(1)));
      row.append(text);
      row.onpointerdown = (event) => (event.preventDefault(), pick(nth));
      return row;
    }));
    mark(0);
  }

  function tell(text) {
    const only = line("li", text);
    only.setAttribute("role", "option");
    only.setAttribute("aria-disabled", true);
    list.replaceChildren(only);
  }

  function mark(next) {
    at = Math.min(offers.length - 1, Math.max(0, next));
    [...list.children].forEach((row, nth) => row.setAttribute("aria-selected", nth === at));
    field.setAttribute("aria-activedescendant", offers.length ? `offer-${at}` : "");
    list.children[at]?.scrollIntoView({ block: "nearest" });
  }

  const pick = (nth) => (offers[nth] === WRITTEN ? askRank() : close(offers[nth]));

  function askRank() {
    list.hidden = true;
    form.hidden = false;
    form.querySelector("p").textContent = words.written;
    family.value = "";
    rank.focus();
  }

  form.onsubmit = async (event) => {
    event.preventDefault();
    const said = JSON.stringify({ typed: field.value.trim(), rank: rank.value, family: family.value.trim() });
    const headers = { "Content-Type": "application/json" };
    const answer = await fetch(`${data.names}?lang=${language}`, { method: "POST", headers, body: said }).catch(() => null);
    if (answer?.ok) return close(await answer.json());
    form.querySelector("p").textContent = answer ? await answer.text() : words.noNames;
  };
  form.onkeydown = (event) => {
    event.stopPropagation();
    if (event.key === "Escape") close(null);
  };

  async function look() {
    const text = field.value.trim(), mine = (request += 1);
    if (!text) return offerFirst();
    const asks = [["q", text], ["photo", asked.photo], ["lang", language], ...asked.best.map(([taxon]) => ["likely", taxon])];
    const query = `${data.names}?${new URLSearchParams(asks)}`;
    if (!known.has(query)) {
      try {
        const answer = await fetch(query);
        if (!answer.ok) throw new Error(await answer.text());
        known.set(query, await answer.json());
      } catch {
        if (mine === request) tell(words.noNames);
        return;
      }
    }
    if (mine !== request) return;
    offer([...known.get(query), ...(text.length < LEAST_WRITTEN ? [] : [WRITTEN])]);
    if (!offers.length) tell(words.noName);
  }

  const [first, second] = form.querySelectorAll("span");
  [first.textContent, second.textContent] = [words.rank, words.family];
  form.querySelector("button").textContent = words.addName;
  for (const [value, text] of data.ranks) rank.append(Object.assign(line("option", text), { value }));

  let looking = null;
  field.oninput = () => (looking = look());
  panel.addEventListener("focusout", () => setTimeout(() => panel.contains(place.activeElement) || close(null)));
  field.onkeydown = async (event) => {
    const { key } = event, step = { ArrowDown: 1, ArrowUp: -1 }[key];
    const number = /^[1-9]$/.test(key) && !/\s$/.test(field.value); // after a gap it is part of a cultivar's name
    event.stopPropagation();
    if (!(step || number || ["Enter", "Escape"].includes(key)) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    if (step) return mark(at + step);
    if (key === "Escape") return close(null);
    await looking; // what was typed last has been looked up
    const nth = number ? key - 1 : at;
    if (asked && offers[nth]) pick(nth);
  };

  return { ask, close: () => close(null), get open() { return asked !== null; } };
}

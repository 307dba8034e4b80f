// The counts beside the photo, and the line below it that says what is chosen or what went wrong.

function makePanel(root, data, place, chooseRow) {
  const [heading, where, total, doubt, rows, facts, said, hint, more, least] =
    ["h1", ".place", ".side h2", ".doubt", ".rows", ".facts", ".said", ".hint", ".more input", ".least input"].map((name) => root.querySelector(name));
  const { words } = data, own = new Map(); // colours of taxa that people brought in
  heading.textContent = words.title;
  rows.setAttribute("aria-label", words.taxa);
  const [before, after] = root.querySelectorAll(".more span");
  before.textContent = words.andAbout;
  after.append(words.moreOf, " ", line("kbd", "F"));
  root.querySelector(".least span").textContent = words.atLeast;

  const nameOf = (photo, taxon) => photo.facts.taxa[taxon] ?? ["", taxon];
  const kindOf = (taxon) => (taxon === UNKNOWN ? "unknown" : "named");

  function colourOf({ facts: { colours }, sheet }, taxon) {
    if (taxon === UNKNOWN) return data.other;
    if (!colours[taxon] && !own.has(taxon)) {
      const used = sheet.rows.map((one) => colours[one] ?? own.get(one));
      own.set(taxon, data.colours.find((one) => !used.includes(one)) ?? data.other);
    }
    return colours[taxon] ?? own.get(taxon);
  }

  function rowOf(photo, taxon, row) {
    const count = countOf(photo.sheet, taxon), one = document.createElement("button");
    one.type = "button";
    one.className = count ? "row" : "row none";
    one.setAttribute("role", "option");
    one.setAttribute("aria-selected", taxon === row);
    const swatch = line("span", "", `swatch ${kindOf(taxon)}`), name = line("span", "", "name");
    swatch.style.setProperty("--taxon", colourOf(photo, taxon));
    name.append(...italic(nameOf(photo, taxon)));
    one.append(swatch, name, line("span", count, "figure"));
    one.onclick = () => chooseRow(taxon);
    return one;
  }

  function figureOf(photo) {
    if (photo.sheet === photo.facts.sheet) return photo.facts.figure;
    return `${isAtLeast(photo) ? "≥ " : ""}${totalOf(photo.sheet)}`;
  }

  function tell(text, trouble = false) {
    hint.textContent = text;
    hint.classList.toggle("trouble", trouble);
  }

  return {
    tell,
    get inTrouble() { return hint.classList.contains("trouble"); },
    tellPlace: (number) => (where.textContent = [number && words.place.replace("{number}", number), data.about].filter(Boolean).join(" · ")),
    // The flowers as the stage draws them.
    drawn: (photo) => photo.sheet.flowers.map(({ box, taxon, sure }) => ({
      box,
      kind: kindOf(taxon),
      colour: colourOf(photo, taxon),
      words: [...nameOf(photo, taxon), sure].filter(Boolean).join(" "),
    })),
    // aim: the taxon that a number is for.
    draw(photo, { row, aim }) {
      const { facts: about, sheet } = photo, figure = figureOf(photo);
      rows.replaceChildren(...sheet.rows.map((taxon) => rowOf(photo, taxon, row)));
      total.textContent = figure === "1" ? words.flower : words.flowers.replace("{figure}", figure);
      doubt.textContent = words.flags[about.flag] ?? "";
      least.checked = isAtLeast(photo);
      facts.textContent = about.facts;
      said.replaceChildren(...about.said.map((one) => line("li", one)));
      more.disabled = aim === null;
      if (place.activeElement !== more) more.value = (aim !== null && sheet.more[aim]) || "";
    },
    tellChosen(photo, chosen) {
      if (chosen.size !== 1) return tell(chosen.size ? words.several.replace("{number}", chosen.size) : "");
      const { taxon, sure, best } = photo.sheet.flowers[[...chosen][0]];
      const others = best.filter((one) => one !== taxon).slice(0, 3).map((one) => nameOf(photo, one).findLast(Boolean));
      const name = [...nameOf(photo, taxon), sure].filter(Boolean).join(" ");
      tell(others.length ? `${name} · ${words.orElse} ${others.join(", ")}` : name);
    },
    nameOf,
    more,
    least,
  };
}

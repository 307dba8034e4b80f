// The screen on which a person reviews one photo after another, with keys or with buttons. All that is done to a photo
// is done here, at once; the server hears of a photo when it is finished, and meanwhile the next one is shown.

export default function (component) {
  const { data, parentElement: root } = component;
  if (!root.reviewer) makeReviewer(root, data);
  root.reviewer = true; // when the page runs again, after a lost connection or so, the person goes on where they are
}

function makeReviewer(root, data) {
  const { words, user } = data, page = root.querySelector(".reviewer");
  const place = page.getRootNode(); // it knows what has the focus
  const { photos, load, loadAhead } = makePhotos(data);
  const history = makeHistory();
  let now = 0, chosen = new Set(), row = null, typed = null, doing = null;
  let kept = new Set(); // those that Space keeps chosen while Tab goes on to others
  const photo = () => photos[now];
  const sheet = () => photo()?.sheet ?? null;

  const stage = makeStage(root, {
    choose: (some, also) => choose(!also ? some : some.size === 1 ? either(chosen, some) : new Set([...chosen, ...some])),
    reach: (at) => {
      const held = kept;
      choose(new Set([...held, at]));
      kept = held;
    },
    flowers: () => sheet()?.flowers ?? [],
    drawn: keepDraft,
  });
  const names = makeNames(root, data, place);
  const panel = makePanel(root, data, place, (taxon) => (choose(new Set(), taxon), stage.focus()));
  const { tell, more, least } = panel;
  const send = makeSender(`bloomcount review ${user} `, `${data.address}?lang=${data.language}`, tellSent);

  // --- photos

  async function show(at) {
    now = at;
    [typed, row, chosen, doing] = [null, null, new Set(), null];
    names.close();
    stage.stop();
    loadAhead(at);
    page.classList.toggle("over", at >= photos.length);
    panel.tellPlace(at < photos.length && at + 1);
    if (at >= photos.length) return tell(words.over), enable();
    while (now === at && !sheet()) {
      tell(words.loading);
      enable();
      try {
        await load(photo());
        tell("");
      } catch (problem) {
        tell(`${words.notLoaded} ${problem.message}`, true);
        await new Promise((wake) => setTimeout(wake, 2000));
      }
    }
    if (now !== at) return;
    const { picture, facts } = photo();
    stage.show({ width: facts.width, height: facts.height, alt: facts.alt, picture, fine: `/fine/${photo().id}.webp` });
    if (!panel.inTrouble) tell("");
    draw();
    stage.focus();
  }

  // --- what is done, and undone

  function change(after, some = new Set(), ofRow = null) {
    if (after === sheet()) return;
    history.add({ at: now, before: sheet(), after });
    photo().sheet = after;
    choose(some, ofRow);
  }

  function finish() {
    const review = {
      photo_id: photo().id, by: user, seen: photo().facts.seen, analysis: photo().facts.analysis, undoes: null, at_least: isAtLeast(photo()), ...saved(sheet()),
    };
    history.add({ at: now, review });
    sendNew(history.last());
    show(now + 1);
  }

  function sendNew(step) {
    step.review = { ...step.review, review_id: newId(), at: Date.now() };
    send(step.review);
  }

  function undo() {
    if (!history.last()) return takeBack();
    const { at, before, review } = history.back();
    if (review) send({ ...review, review_id: newId(), at: Date.now(), undoes: review.review_id });
    goTo(at, before);
  }

  // Undo what stood before anything was done here. What then holds, the server says.
  function takeBack() {
    const one = photo();
    if (!one?.facts?.seen) return tell(words.nothingToUndo);
    send({ photo_id: one.id, by: user, review_id: newId(), at: Date.now(), undoes: one.facts.seen });
    Object.assign(one, { facts: null, sheet: null, loading: null });
    tell(words.loading);
    enable();
  }

  function redo() {
    if (!history.next()) return tell(words.nothingToRedo);
    const step = history.forth();
    if (step.after) return goTo(step.at, step.after);
    if (step.review) sendNew(step);
    show(step.at + 1);
  }

  function goTo(at, before) {
    if (before) photos[at].sheet = before;
    if (now === at) choose(new Set(), row);
    else show(at);
  }

  // --- what is chosen

  const either = (one, other) => new Set([...one, ...other].filter((at) => !(one.has(at) && other.has(at))));
  const boxes = (taxon) => new Set(sheet().flowers.flatMap((one, at) => (one.taxon === taxon ? [at] : [])));

  function choose(some, ofRow = null) {
    if (doing === "lasso") end();
    [chosen, row, typed, kept] = [ofRow === null ? some : boxes(ofRow), ofRow, null, new Set()];
    draw();
    if (chosen.size || !panel.inTrouble) panel.tellChosen(photo(), chosen);
    if (!place.activeElement) stage.focus(); // what had the focus may be gone
  }

  // Space: this one stays chosen, or no longer, whatever Tab comes to next.
  function keep(at) {
    const held = either(kept, new Set([at]));
    choose(new Set(held));
    kept = held;
  }

  // The taxon that a number or a name is for: that of the row, of the chosen boxes, or the only one.
  function aim() {
    const kinds = new Set([...chosen].map((at) => sheet().flowers[at].taxon)), { rows } = sheet();
    return row ?? (kinds.size === 1 ? [...kinds][0] : !kinds.size && rows.length === 1 ? rows[0] : null);
  }

  function chooseRow(step) {
    const { rows } = sheet(), at = row === null ? (step > 0 ? -1 : 0) : rows.indexOf(row);
    if (rows.length) choose(new Set(), rows[(at + step + rows.length) % rows.length]);
  }

  // --- the actions

  // Digits follow each other until something else is done; all of them are one step back.
  function type(digits) {
    const taxon = typed?.taxon ?? aim();
    if (taxon === null) return tell(sheet().rows.length ? words.chooseRow : words.noRow);
    const before = typed?.before ?? sheet(), after = withCount(before, taxon, Number(digits));
    if (typed) history.last().after = after;
    else history.add({ at: now, before, after });
    photo().sheet = after;
    choose(new Set(), taxon);
    typed = { taxon, before, digits };
  }

  async function rename() {
    const ofRow = chosen.size ? row : (row ?? aim()), some = chosen.size ? chosen : boxes(ofRow);
    if (ofRow === null && !some.size) return tell(words.chooseFirst);
    const name = await askName(words.rename, [...some].flatMap((at) => sheet().flowers[at].best));
    if (name) change(withName(sheet(), some, ofRow, name[0]), some);
  }

  async function addTaxon() {
    const name = await askName(words.otherTaxon, []);
    if (!name) return;
    if (!countOf(sheet(), name[0])) change(withMore(sheet(), name[0], 1));
    choose(new Set(), name[0]);
  }

  async function askName(heading, best) {
    const at = now, offered = [...new Set(best)].slice(0, 5).map((taxon) => [taxon, ...panel.nameOf(photo(), taxon)]);
    const name = await names.ask({ heading, photo: photo().id, best: offered });
    if (now !== at) return null;
    stage.focus();
    if (name) photo().facts.taxa[name[0]] ??= name.slice(1);
    return name;
  }

  function reject() {
    const some = !chosen.size && row === null && sheet().flowers.length === 1 ? new Set([0]) : chosen;
    if (!some.size && row === null) return tell(words.chooseFirst);
    change(without(sheet(), some, row));
  }

  function add() {
    if (doing === "add") return keepDraft();
    stage.start(null, null);
    begin("add", words.adding);
  }

  function move() {
    if (doing === "move") return keepDraft();
    const at = chosen.size ? [...chosen][0] : 0;
    if (chosen.size > 1 || !(chosen.size || sheet().flowers.length === 1)) return tell(words.chooseOne);
    stage.start(sheet().flowers[at].box, at);
    begin("move", words.moving);
  }

  function begin(what, text) {
    doing = what;
    tell(text);
    enable();
  }

  function keepDraft() {
    const { box, index } = end(), whole = box.map((side) => Math.round(10 * side) / 10);
    if (index !== null) return change(withBox(sheet(), index, whole), new Set([index]));
    const [most] = sheet().rows.toSorted((one, other) => countOf(sheet(), other) - countOf(sheet(), one));
    change(withFlower(sheet(), whole, aim() ?? most ?? UNKNOWN), new Set([sheet().flowers.length]));
  }

  function end() {
    doing = null;
    tell("");
    enable();
    return stage.stop();
  }

  function enterMore() {
    if (!sheet().rows.length) return tell(words.noRow);
    if (aim() === null) choose(new Set(), sheet().rows[0]);
    more.focus();
    more.select();
  }

  more.oninput = () => {
    const number = Math.min(99_999, Math.max(0, Math.round(Number(more.value)) || 0)), taxon = aim();
    if (taxon !== null) change(withMore(sheet(), taxon, number), new Set(), taxon);
  };
  more.onkeydown = (event) => {
    event.stopPropagation();
    if (event.key === "Enter" || event.key === "Escape") stage.focus();
  };

  least.onchange = () => change({ ...sheet(), atLeast: least.checked }, chosen, row);

  const runs = {
    right: finish,
    rename, reject, add, move, undo, redo,
    lasso: () => (stage.lasso(), begin("lasso", words.lassoing)),
    none: () => (change(emptied(sheet())), finish()),
    skip: () => (history.add({ at: now }), show(now + 1)),
    taxon: addTaxon,
    more: enterMore,
    closer: () => stage.zoomBy(1.5),
    farther: () => stage.zoomBy(1 / 1.5),
    whole: () => stage.zoomBy(0),
    keys: () => buttons.explain(),
  };
  function can({ name, always }) {
    if (name === "undo") return Boolean(history.last() || photo()?.facts?.seen);
    if (name === "redo") return Boolean(history.next());
    if (name === "skip") return Boolean(photo()); // also one that cannot be loaded
    return always || sheet() !== null;
  }

  function run(action) {
    if (can(action)) runs[action.name]();
    if (!names.open && !buttons.explaining() && place.activeElement !== more) stage.focus();
  }
  const buttons = makeButtons(root, words, run);
  const enable = () => buttons.enable(can, doing);

  function draw() {
    if (!sheet()) return;
    stage.draw(panel.drawn(photo()), chosen);
    panel.draw(photo(), { row, aim: aim() });
    enable();
  }

  // answer: what holds of the photo now, and news of what others said meanwhile. refusal: why it was not saved.
  function tellSent(left, refusal, answer) {
    const one = photos.find(({ id }) => id === answer?.photo_id);
    const unsent = left ? words.unsent.replace("{number}", left) : "";
    if (refusal) tell(refusal === "connection" ? unsent : `${refusal} ${unsent}`, true);
    else if (answer?.news) tell(answer.news);
    else if (panel.inTrouble && !left) tell("");
    if (one?.facts && answer.said) Object.assign(one.facts, { said: answer.said, seen: answer.seen });
    if (!one || one !== photo()) return;
    if (one.sheet) draw();
    else show(now); // its review was taken back
  }

  // --- the keys

  listen(root, page, buttons, (event, focused) => (event.ctrlKey || event.metaKey ? pressedWithCtrl(event) : pressed(event, focused)));

  // True if the key means something here.
  function pressed(event, focused) {
    const { key, shiftKey } = event;
    if (["add", "move"].includes(doing)) {
      if (ARROWS[key]) return stage.nudge(key, shiftKey), true;
      if (key === "Enter") return keepDraft(), true;
    }
    if (key === "Escape") return doing ? end() : sheet() && choose(new Set()), true;
    if (!sheet()) return pressedAction(event);
    if (ARROWS[key] && shiftKey) return stage.pan(key), true;
    if (key === "ArrowDown" || key === "ArrowUp") return chooseRow(ARROWS[key][1]), true;
    if (/^[0-9]$/.test(key)) return type(((typed?.digits ?? "") + key).slice(-5)), true;
    if (key === "Backspace" && typed) return typed.digits.length > 1 ? type(typed.digits.slice(0, -1)) : undo(), true;
    if (key === "Delete") return reject(), true;
    if (key === " " && focused.matches?.(".box")) return keep(Number(focused.dataset.at)), true;
    return pressedAction(event);
  }

  function pressedAction(event) {
    const action = actionOf(event);
    if (action && can(action)) runs[action.name]();
    return Boolean(action);
  }

  function pressedWithCtrl({ key, shiftKey }) {
    const all = () => sheet() && choose(new Set(sheet().flowers.keys()));
    const does = { z: shiftKey ? redo : undo, y: redo, a: all }[key.toLowerCase()];
    does?.();
    return Boolean(does);
  }

  fillWindow(page);
  show(0);
}

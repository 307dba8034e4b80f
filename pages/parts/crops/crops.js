// The screen on which a person looks through flowers of one name. All that is done is done here, at once; the server
// hears of each step, and meanwhile the next flowers are shown.

const A_PAGE = 60;

export default function (component) {
  const { data, parentElement: root } = component;
  if (!root.crops) makeCrops(root, data);
  root.crops = true; // when the page runs again the person goes on where they are
}

function makeCrops(root, data) {
  const { words, user } = data, page = root.querySelector(".crops");
  const [where, hint] = [".place", ".hint"].map((name) => root.querySelector(name));
  const place = page.getRootNode(); // it knows what has the focus
  const history = makeHistory();
  const taxa = {}, files = {};
  // page: the flowers shown; rest: those that follow; wait: all that are left, also those that the server still has.
  // None is ever changed, only followed by the next.
  let now = { page: [], rest: [], wait: data.waiting }, marked = new Set(), loading = false;

  const grid = makeGrid(root, {
    mark: (nth) => mark(toggled(nth)),
    markBetween: (one, other) => {
      const [from, to] = [Math.min(one, other), Math.max(one, other)];
      mark(new Set([...marked, ...Array.from({ length: to - from + 1 }, (_, nth) => from + nth)]));
    },
    tellOf: (nth) => !hint.classList.contains("trouble") && !marked.size && tell(wordsOf(now.page[nth])),
  });
  const names = makeNames(root, data, place);
  const send = makeSender(`bloomcount crops ${user} `, `${data.address}?lang=${data.language}`, tellSent);

  const toggled = (nth) => new Set(marked.has(nth) ? [...marked].filter((one) => one !== nth) : [...marked, nth]);
  const nameOf = (taxon) => taxa[taxon] ?? ["", taxon];

  function wordsOf({ photo, sure, best, was }) {
    const others = best.filter((one) => one !== was).slice(0, 3).map((one) => nameOf(one).findLast(Boolean));
    return [files[photo], sure, others.length && `${words.orElse} ${others.join(", ")}`].filter(Boolean).join(" · ");
  }

  function tell(text, trouble = false) {
    hint.textContent = text;
    hint.classList.toggle("trouble", trouble);
  }

  function mark(next) {
    marked = next;
    grid.mark(marked);
    tell(marked.size ? words.marked.replace("{number}", marked.size) : "");
    enable();
  }

  // --- the flowers

  // The next ones to show: a page of them, or a heap.
  function dealt(flowers, wait) {
    const same = words.inHeaps && flowers.findIndex(({ heap }) => heap !== flowers[0].heap);
    const many = Math.min(A_PAGE, same > 0 ? same : flowers.length);
    return { page: flowers.slice(0, many), rest: flowers.slice(many), wait };
  }

  function show(next, text = "", marks = new Set()) {
    now = next.page.length ? next : dealt(next.rest, next.wait);
    const { page: flowers, rest, wait } = now, alone = words.inHeaps && flowers.length && !rest.length;
    const seen = grid.show(flowers.map((one) => ({ picture: one.picture, label: wordsOf(one) })));
    seen.then(() => rest.slice(0, A_PAGE).forEach(({ picture }) => (new Image().src = picture))); // not before these
    mark(marks);
    const heap = words[words.inHeaps ? (alone ? "alone" : "heap") : "shown"].replace("{number}", flowers.length);
    where.textContent = [flowers.length && heap, wait > flowers.length && words.wait.replace("{number}", wait)].filter(Boolean).join(" · ");
    grid.label(`${data.name}: ${where.textContent}`);
    if (flowers.length) grid.focus(); // which tells of the flower
    if (text) tell(text);
    else if (!flowers.length) tell(words.over);
    if (!flowers.length && !loading) load();
  }

  // Asked again when all that came are done: there may be more than come at a time.
  async function load() {
    loading = true;
    for (let pause = 1; page.isConnected; pause = Math.min(SLOWEST_S, 2 * pause)) {
      await send.done();
      try {
        const answer = await fetch(`${data.address}/waiting?${data.query}&lang=${data.language}`);
        if (!answer.ok) throw new Error(await answer.text());
        const found = await answer.json();
        Object.assign(taxa, found.taxa);
        Object.assign(files, found.files);
        if (now.page.length) break; // an undo came first
        loading = found.crops.length === 0;
        show({ page: [], rest: found.crops, wait: Math.max(now.wait, found.crops.length) }, found.crops.length ? words.explained : words.over);
        break;
      } catch (problem) {
        tell(`${words.notLoaded} ${problem.message}`, true);
        await new Promise((wake) => setTimeout(wake, 1000 * pause));
      }
    }
    loading = false;
  }

  // --- what is done, and undone

  const flowersAt = (some) => [...some].sort((one, other) => one - other).map((nth) => now.page[nth]);
  const others = () => new Set([...now.page.keys()].filter((nth) => !marked.has(nth)));

  // taxon: what these flowers are, null where they are none.
  function say(some, taxon, text) {
    const flowers = flowersAt(some);
    const marks = flowers.map(({ photo, box, was }) => ({ photo, box, was, taxon }));
    const after = { ...now, page: now.page.filter((_, nth) => !some.has(nth)), wait: now.wait - flowers.length };
    step({ before: now, after, marks, text: text.replace("{number}", flowers.length) });
  }

  function step(one) {
    history.add(one);
    if (one.marks) sendNew(one, {});
    show(one.after, one.text, one.marked);
  }

  function sendNew(one, how) {
    const id = newId();
    send({ ...how, marks: one.marks, by: user, review_id: id, at: Date.now() });
    if (!how.undoes && !how.redoes) one.id = id;
  }

  function undo() {
    if (!history.last()) return tell(words.nothingToUndo);
    const one = history.back();
    if (one.marks) sendNew(one, { undoes: one.id });
    show(one.before, words.undone);
  }

  function redo() {
    if (!history.next()) return tell(words.nothingToRedo);
    const one = history.forth();
    if (one.marks) sendNew(one, { redoes: one.id });
    show(one.after, one.text);
  }

  // answer: news of what others said meanwhile. refusal: why it was not saved.
  function tellSent(left, refusal, answer) {
    const unsent = left ? words.unsent.replace("{number}", left) : "";
    if (refusal) tell(refusal === "connection" ? unsent : `${refusal} ${unsent}`, true);
    else if (answer?.news) tell(answer.news);
    else if (hint.classList.contains("trouble") && !left) tell("");
  }

  // --- the actions

  // The marked ones; where none is, a whole heap.
  const aim = () => (marked.size ? marked : words.inHeaps ? others() : new Set());

  async function rename() {
    const some = aim(), shown = now;
    if (!some.size) return tell(words.chooseFirst);
    const best = [...new Set(flowersAt(some).flatMap((one) => one.best))].slice(0, 5);
    const name = await names.ask({
      heading: words.rename,
      photo: flowersAt(some)[0].photo,
      best: best.map((taxon) => [taxon, ...nameOf(taxon)]),
    });
    if (now !== shown) return;
    if (!name) return grid.focus();
    taxa[name[0]] ??= name.slice(1);
    say(some, name[0], words.renamed.replace("{name}", nameOf(name[0]).filter(Boolean).join(" ")));
  }

  function reject() {
    if (!marked.size) return tell(words.chooseFirst);
    say(marked, null, words.rejected);
  }

  // The marked ones stay, before those that follow.
  function accept() {
    const some = others(), left = flowersAt(marked);
    if (!some.size) return tell(words.chooseFirst);
    const marks = flowersAt(some).map(({ photo, box, was }) => ({ photo, box, was, taxon: was }));
    const wait = now.wait - marks.length;
    const after = words.inHeaps ? { page: left, rest: now.rest, wait } : dealt([...left, ...now.rest], wait);
    step({ before: now, after, marks, marked: new Set(left.keys()), text: words.accepted.replace("{number}", marks.length) });
  }

  const later = () => step({ before: now, after: { ...now, page: [], rest: [...now.rest, ...now.page] } });

  const runs = {
    accept, rename, reject, undo, redo, later,
    others: () => mark(others()),
    photo: () => window.open(`/photo?id=${now.page[grid.at].photo}`, "_blank"),
    keys: () => buttons.explain(),
  };
  const can = ({ name, always }) => {
    if (name === "undo") return Boolean(history.last());
    if (name === "redo") return Boolean(history.next());
    return always || now.page.length > 0;
  };
  function run(action) {
    if (can(action)) runs[action.name]();
    if (!names.open && !buttons.explaining()) grid.focus();
  }
  const buttons = makeButtons(root, words, run);
  const enable = () => buttons.enable(can, null);

  // --- the keys

  listen(root, page, buttons, pressed);

  // True if the key means something here.
  function pressed(event) {
    const { key, shiftKey } = event;
    if (event.ctrlKey || event.metaKey) {
      const does = { z: shiftKey ? redo : undo, y: redo, a: () => mark(new Set(now.page.keys())) }[key.toLowerCase()];
      does?.();
      return Boolean(does);
    }
    if (ARROWS[key] && now.page.length) return grid.step(key, shiftKey), true;
    if (key === " " && now.page.length) return mark(toggled(grid.at)), true;
    if (key === "Delete") return reject(), true;
    if (key === "Escape") return mark(new Set()), true;
    const action = actionOf(event);
    if (action && can(action)) runs[action.name]();
    return Boolean(action);
  }

  fillWindow(page);
  tell(words.loading);
  enable();
  load();
}

// What can be done, each with its key and its button. Where the page has no place for a button, it is in the bar.

const ACTIONS = [
  { name: "accept", key: "Enter", cap: "⏎" },
  { name: "rename", key: "r" },
  { name: "reject", key: "x" },
  { name: "others", key: "i" },
  { name: "later", key: "s" },
  { name: "photo", key: "p" },
  { name: "undo", key: "u", always: true },
  { name: "redo", key: "u", shift: true, cap: "⇧U", always: true },
  { name: "keys", key: "?", always: true },
];

// What can be done, each with its key and its button. Where the page has no place for a button, it is in the bar.

const ACTIONS = [
  { name: "right", key: "Enter", cap: "⏎" },
  { name: "rename", key: "r" },
  { name: "reject", key: "x" },
  { name: "add", key: "a" },
  { name: "move", key: "m" },
  { name: "lasso", key: "l" },
  { name: "none", key: "n" },
  { name: "skip", key: "s" },
  { name: "undo", key: "u", always: true },
  { name: "redo", key: "u", shift: true, cap: "⇧U", always: true },
  { name: "taxon", key: "t" },
  { name: "more", key: "f" },
  { name: "closer", key: "+", sign: "+" },
  { name: "farther", key: "-", sign: "−" },
  { name: "whole", key: "w", sign: "⤢" },
  { name: "keys", key: "?", always: true },
];

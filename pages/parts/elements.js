// Elements that several components make.

function line(tag, text, kind = "") {
  const element = document.createElement(tag);
  element.textContent = text;
  element.className = kind;
  return element;
}

// A name as [scientific, vernacular]; either may be empty.
function italic([scientific, vernacular]) {
  const slanted = line("i", scientific);
  return scientific && vernacular ? [slanted, ` ${vernacular}`] : scientific ? [slanted] : [vernacular];
}

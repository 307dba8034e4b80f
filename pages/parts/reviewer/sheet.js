// The flowers of one photo as a person has them so far. A sheet is never changed, only followed by the next one: undo
// is the sheet before. flowers: [{box: [left, top, right, bottom] in pixels, taxon, from, sure, best}], the surest
// first; more: flowers of a taxon that have no box; rows: every taxon that was ever there, so that no row jumps; atLeast: whether
// there are more than these, null as long as nobody says so.

const UNKNOWN = "unknown";
const boxesOf = (sheet, taxon) => sheet.flowers.filter((flower) => flower.taxon === taxon).length;
const countOf = (sheet, taxon) => boxesOf(sheet, taxon) + (sheet.more[taxon] ?? 0);
const totalOf = (sheet) => sheet.rows.reduce((sum, taxon) => sum + countOf(sheet, taxon), 0);
const withRow = (sheet, taxon) => (sheet.rows.includes(taxon) ? sheet : { ...sheet, rows: [...sheet.rows, taxon] });
const withMore = (sheet, taxon, number) => ({ ...withRow(sheet, taxon), more: { ...sheet.more, [taxon]: number } });

// Fewer: the surest boxes stay. More: flowers without a box.
function withCount(sheet, taxon, count) {
  let left = count;
  const flowers = sheet.flowers.filter((flower) => flower.taxon !== taxon || left-- > 0);
  return withMore({ ...sheet, flowers, atLeast: false }, taxon, Math.max(0, count - boxesOf(sheet, taxon)));
}

// row: a taxon whose flowers without a box get the name too.
function withName(sheet, chosen, row, taxon) {
  const flowers = sheet.flowers.map((flower, at) => (chosen.has(at) ? { ...flower, taxon } : flower));
  const named = withRow({ ...sheet, flowers }, taxon);
  if (row === null || row === taxon || !sheet.more[row]) return named;
  return withMore(withMore(named, taxon, (sheet.more[taxon] ?? 0) + sheet.more[row]), row, 0);
}

function without(sheet, chosen, row) {
  const left = { ...sheet, flowers: sheet.flowers.filter((_, at) => !chosen.has(at)) };
  return row === null ? left : withMore(left, row, 0);
}

// A count of a flagged photo is a minimum until somebody types a number, or says otherwise.
const isAtLeast = ({ facts, sheet }) => sheet.atLeast ?? facts.flag !== "";

const emptied = (sheet) => ({ ...sheet, flowers: [], more: {}, atLeast: false });
const withFlower = (sheet, box, taxon) => ({
  ...withRow(sheet, taxon),
  flowers: [...sheet.flowers, { box, taxon, from: null, sure: null, best: [] }],
});
const withBox = (sheet, index, box) => ({
  ...sheet,
  flowers: sheet.flowers.map((flower, at) => (at === index ? { ...flower, box } : flower)),
});

// The part of a sheet that is saved.
const saved = (sheet) => ({
  flowers: sheet.flowers.map(({ box, taxon, from }) => ({ box, taxon, from })),
  more: sheet.rows.filter((taxon) => sheet.more[taxon]).map((taxon) => ({ taxon, count: sheet.more[taxon] })),
});

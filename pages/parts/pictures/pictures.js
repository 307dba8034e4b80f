// Saves the chart beside it as PNG or SVG for a slide: on white, with title, filter and date, its letters embedded, and as
// large as its words need. Plotly's own button knows one format only, and no keyboard reaches it.

const INK = "#1F2A22", LINE_PX = 20, EDGE_PX = 12;
const WORDS = ':is(.infolayer, [class$="tick"]) text';
const SVG = "http://www.w3.org/2000/svg";

export default function ({ data, parentElement: root }) {
  for (const button of root.querySelectorAll("button")) {
    button.textContent = data.words[button.name];
    button.setAttribute("aria-label", data.labels[button.name]);
    button.onclick = () => save(data, button.name);
  }
}

async function save(data, format) {
  const plot = document.querySelector(`.st-key-${CSS.escape(data.chart)} .js-plotly-plot`);
  const { width, height, text } = await picture(plot, data);
  const svg = new Blob([text], { type: "image/svg+xml" });
  offer(format === "svg" ? svg : await png(svg, width, height), `${data.file}.${format}`);
}

// The picture as SVG: the layers of the plot one over the other, below its title, above the date.
async function picture(plot, { title, about, date }) {
  const frame = plot.getBoundingClientRect(), family = getComputedStyle(plot.querySelector("text") ?? plot).fontFamily;
  const boxes = [...plot.querySelectorAll(".main-svg text")].map((word) => word.getBoundingClientRect());
  const left = Math.max(0, ...boxes.map((box) => frame.left - box.left)) + EDGE_PX;
  const right = Math.max(frame.width, ...boxes.map((box) => box.right - frame.left));
  const below = Math.max(frame.height, ...boxes.map((box) => box.bottom - frame.top));
  const width = Math.ceil(left + right + EDGE_PX);
  const head = [...lines(title, width, `600 16px ${family}`), ...lines(about, width, `13px ${family}`)];
  const strong = lines(title, width, `600 16px ${family}`).length;
  const top = head.length * LINE_PX + EDGE_PX, height = Math.ceil(top + below + LINE_PX + EDGE_PX);

  const svg = element("svg", { xmlns: SVG, width, height, viewBox: `0 0 ${width} ${height}`, "font-family": family, fill: INK });
  const style = element("style", {});
  style.textContent = `${await fonts(family)}\n${WORDS} { fill: ${INK} !important; }`;
  svg.append(style, element("rect", { width: "100%", height: "100%", fill: "#FFFFFF" }));
  head.forEach((line, place) => svg.append(words(line, EDGE_PX, (place + 1) * LINE_PX, place < strong ? 600 : 400)));
  svg.append(words(date, EDGE_PX, height - EDGE_PX, 400));
  const ground = await map(plot, frame);
  if (ground) svg.append(element("image", { ...ground, x: ground.x + left, y: ground.y + top }));
  for (const layer of plot.querySelectorAll(".main-svg")) {
    const copy = layer.cloneNode(true);
    copy.setAttribute("x", left);
    copy.setAttribute("y", top);
    copy.setAttribute("overflow", "visible");
    copy.style.background = copy.style.position = "";
    svg.append(copy);
  }
  for (const canvas of plot.querySelectorAll(".gl-canvas")) {
    svg.append(element("image", { href: canvas.toDataURL(), x: left, y: top, width: frame.width, height: frame.height }));
  }
  return { width, height, text: new XMLSerializer().serializeToString(svg) };
}

// The map beneath the words, which the graphics card keeps for a moment only.
async function map(plot, frame) {
  const drawn = plot._fullLayout?.map?._subplot?.map;
  if (!drawn) return null;
  const href = await new Promise((done) => {
    drawn.once("render", () => done(drawn.getCanvas().toDataURL()));
    drawn.triggerRepaint();
  });
  const box = drawn.getCanvas().getBoundingClientRect();
  return { href, x: box.left - frame.left, y: box.top - frame.top, width: box.width, height: box.height };
}

// The letters of the page's own fonts of this family, as rules with their files inside.
async function fonts(family) {
  const names = family.split(",").map((name) => name.trim().replaceAll('"', ""));
  const faces = [...document.styleSheets].flatMap(rules).filter((rule) => rule instanceof CSSFontFaceRule)
    .filter((rule) => names.includes(rule.style.getPropertyValue("font-family").replaceAll('"', "")));
  return (await Promise.all(faces.map(async (face) => {
    const [, address] = /url\("?([^")]+)"?\)/.exec(face.cssText) ?? [];
    if (!address) return "";
    const file = await (await fetch(new URL(address, face.parentStyleSheet.href ?? document.baseURI))).blob();
    return face.cssText.replace(address, await inside(file));
  }))).join("\n");
}

function rules(sheet) {
  try { return [...sheet.cssRules]; } catch { return []; } // somebody else's
}

function inside(file) {
  return new Promise((done) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.readAsDataURL(file);
  });
}

function lines(text, width, font) {
  const pen = document.createElement("canvas").getContext("2d"), found = [];
  pen.font = font;
  let line = "";
  for (const word of text.split(" ").filter(Boolean)) {
    if (line && pen.measureText(`${line} ${word}`).width > width - 3 * EDGE_PX) { found.push(line); line = ""; }
    line = line ? `${line} ${word}` : word;
  }
  return line ? [...found, line] : found;
}

function words(text, x, y, weight) {
  const line = element("text", { x, y, "font-size": weight > 400 ? 16 : 13, "font-weight": weight, fill: INK });
  line.textContent = text;
  return line;
}

function element(name, attributes) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

async function png(svg, width, height) {
  const image = new Image(), canvas = document.createElement("canvas");
  image.src = await inside(svg);
  await image.decode();
  canvas.width = 2 * width;
  canvas.height = 2 * height;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function offer(blob, file) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = file;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

// Saves the chart beside it as PNG or SVG: with its title, filter and date above it, on white, in the page's own letters,
// and so large that every label is whole. Plotly's own button does none of this, and no keyboard reaches it; it is asked
// where a chart is drawn by WebGL, which leaves nothing to copy.

const INK = "#1F2A22", PAD = 16, TITLE_PX = 20, LINE_PX = 19;

export default function ({ data, parentElement: root }) {
  for (const button of root.querySelectorAll("button")) {
    button.textContent = data.words[button.name];
    button.setAttribute("aria-label", data.labels[button.name]);
    button.onclick = () => save(data, button.name);
  }
}

async function save({ chart, file, title, about }, format) {
  const plot = document.querySelector(`.st-key-${CSS.escape(chart)} .js-plotly-plot`);
  if (plot.querySelector("canvas")) return byPlotly(plot, file, format);
  const { svg, width, height } = framed(plot, title, about, await letters());
  const blob = format === "svg" ? new Blob([svg], { type: "image/svg+xml" }) : await painted(svg, width, height);
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: `${file}.${format}` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

function framed(plot, title, about, css) {
  const origin = plot.getBoundingClientRect();
  const texts = [...plot.querySelectorAll("svg.main-svg text")].map((text) => text.getBoundingClientRect());
  const seen = [origin, ...texts.filter((box) => box.width)];
  const left = Math.min(...seen.map((box) => box.left)) - origin.left, top = Math.min(...seen.map((box) => box.top)) - origin.top;
  const right = Math.max(...seen.map((box) => box.right)) - origin.left, low = Math.max(...seen.map((box) => box.bottom)) - origin.top;
  const width = Math.ceil(right - left) + 2 * PAD;
  const lines = [...wrapped(title, width / 11), "", ...about.flatMap((line) => wrapped(line, width / 7.2))].filter((line, at) => line || at);
  const head = lines.length * LINE_PX + TITLE_PX;
  const height = Math.ceil(low - top) + head + 2 * PAD;
  const titles = wrapped(title, width / 11).length;
  const words = lines.map((line, at) => {
    const looks = at < titles ? `font-size:${TITLE_PX}px;font-weight:600` : "font-size:14px";
    return `<text x="${PAD}" y="${PAD + TITLE_PX + at * LINE_PX}" style="${looks};fill:${INK}">${escaped(line)}</text>`;
  });
  const layers = [...plot.querySelectorAll("svg.main-svg")].map((layer) => {
    const copy = layer.cloneNode(true);
    copy.removeAttribute("style");
    copy.setAttribute("overflow", "visible");
    for (const text of copy.querySelectorAll("text")) if (!text.closest(".heatmaplayer")) text.style.fill = INK;
    for (const ground of copy.querySelectorAll(".bglayer rect, .legend .bg")) ground.style.fill = "#FFFFFF";
    return new XMLSerializer().serializeToString(copy);
  });
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" ` +
    `style="font-family:'Source Sans',sans-serif"><style>${css}</style><rect width="100%" height="100%" fill="#FFFFFF"/>` +
    `${words.join("")}<g transform="translate(${PAD - left} ${PAD + head - top})">${layers.join("")}</g></svg>`;
  return { svg, width, height };
}

function wrapped(words, columns) {
  const lines = [""];
  for (const word of words.split(" ")) {
    if (lines.at(-1) && lines.at(-1).length + word.length >= columns) lines.push("");
    lines.push(`${lines.pop()} ${word}`.trim());
  }
  return lines;
}

const escaped = (text) => text.replace(/[&<>]/g, (sign) => `&#${sign.charCodeAt(0)};`);

// The page's letters as rules with the fonts in them: a picture may ask for nothing.
async function letters() {
  const rules = [...document.styleSheets].flatMap((sheet) => {
    try { return [...sheet.cssRules].map((rule) => [rule, sheet.href ?? location.href]); } catch { return []; }
  });
  const faces = rules.filter(([rule]) => rule instanceof CSSFontFaceRule && /Source Sans/.test(rule.style.fontFamily || rule.cssText));
  const embedded = faces.map(async ([rule, base]) => {
    const [given, address] = rule.cssText.match(/url\("?([^")]+)"?\)/) ?? [];
    if (!address) return "";
    const bytes = new Uint8Array(await (await fetch(new URL(address, base))).arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
    return rule.cssText.replace(given, `url(data:font/woff2;base64,${btoa(text)})`);
  });
  return (await Promise.all(embedded)).join("");
}

async function painted(svg, width, height) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = Object.assign(document.createElement("canvas"), { width: 2 * width, height: 2 * height });
  const pen = canvas.getContext("2d");
  pen.scale(2, 2);
  pen.drawImage(image, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

function byPlotly(plot, file, format) {
  plot._context.toImageButtonOptions = { format, filename: file, scale: format === "png" ? 2 : 1 };
  for (const button of plot.querySelectorAll(".modebar-btn")) {
    if (`${button.dataset.title} ${button.title} ${button.ariaLabel}`.includes("Download plot")) return button.click();
  }
}

// Saves the chart beside it as PNG or SVG: Plotly's own button knows one format only, and no keyboard reaches it.

export default function ({ data, parentElement: root }) {
  for (const button of root.querySelectorAll("button")) {
    button.textContent = data.words[button.name];
    button.setAttribute("aria-label", data.labels[button.name]);
    button.onclick = () => save(data, button.name);
  }
}

function save({ chart, file }, format) {
  const plot = document.querySelector(`.st-key-${CSS.escape(chart)} .js-plotly-plot`);
  plot._context.toImageButtonOptions = { format, filename: file, scale: format === "png" ? 2 : 1 };
  for (const button of plot.querySelectorAll(".modebar-btn")) {
    if (`${button.dataset.title} ${button.title} ${button.ariaLabel}`.includes("Download plot")) return button.click();
  }
}

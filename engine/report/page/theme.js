// A canvas does not inherit the page's styles: its colours are read from the page's own variables, and again when they change.
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const painters = [];
const repaint = () => painters.forEach((paint) => paint());

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
matchMedia("(prefers-contrast: more)").addEventListener("change", repaint);
addEventListener("beforeprint", () => { document.documentElement.classList.add("paper"); repaint(); });
addEventListener("afterprint", () => { document.documentElement.classList.remove("paper"); repaint(); });

const surface = () => ({
  layout: {
    attributionLogo: true, fontSize: innerWidth < 600 ? 11 : 12, textColor: css("--muted"),
    background: { color: css("--page") }, fontFamily: getComputedStyle(document.body).fontFamily,
    panes: { separatorColor: css("--line"), separatorHoverColor: css("--fill") },
  },
  grid: { vertLines: { visible: false }, horzLines: { color: css("--hair") } },
  crosshair: { vertLine: { color: css("--soft"), labelBackgroundColor: css("--muted") }, horzLine: { color: css("--soft"), labelBackgroundColor: css("--muted") } },
  rightPriceScale: { borderVisible: false },
  timeScale: { borderColor: css("--line") },
});

function chartIn(id) {
  const box = document.getElementById(id);
  const chart = LightweightCharts.createChart(box, {
    ...surface(),
    autoSize: true,
    localization: { locale: "en-GB", timeFormatter: when },
    timeScale: { timeVisible: true, enableConflation: true, minBarSpacing: 0.01, borderColor: css("--line") },
    handleScroll: { vertTouchDrag: false, mouseWheel: false, pressedMouseMove: true, horzTouchDrag: true },
    handleScale: { mouseWheel: false, pinch: true, axisPressedMouseMove: true },  // a wheel scrolls the page, Ctrl zooms
  });
  box.querySelectorAll("table").forEach((table) => table.setAttribute("role", "presentation"));
  box.addEventListener("wheel", (event) => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    zoom(chart, event.deltaY < 0 ? 0.8 : 1.25);
  }, { passive: false });
  box.addEventListener("keydown", (event) => key(chart, event));
    painters.push(() => chart.applyOptions(surface()));
  return chart;
}

// Everything, with a little air: labels at the very edge would be cut.
function whole(chart, count) {
  const air = Math.max(0.5, (count * 24) / Math.max(200, chart.timeScale().width() - 48));
  chart.timeScale().setVisibleLogicalRange({ from: -air, to: count - 1 + air });
}

function zoom(chart, by) {
  const range = chart.timeScale().getVisibleLogicalRange();
  if (!range) return;
  const middle = (range.from + range.to) / 2, half = Math.max(5, (range.to - range.from) * by / 2);
  chart.timeScale().setVisibleLogicalRange({ from: middle - half, to: middle + half });
}

function key(chart, event) {
  const scale = chart.timeScale(), range = scale.getVisibleLogicalRange();
  if (!range || event.altKey || event.ctrlKey || event.metaKey) return;
  const width = range.to - range.from, shift = (by) => scale.setVisibleLogicalRange({ from: range.from + by, to: range.to + by });
  const act = {
    ArrowLeft: () => shift(-width / 8), ArrowRight: () => shift(width / 8),
    "+": () => zoom(chart, 0.7), "=": () => zoom(chart, 0.7), "-": () => zoom(chart, 1.4),
    Home: () => shift(-range.from), End: () => scale.scrollToRealTime(),
  }[event.key];
  if (act) { event.preventDefault(); act(); }
}

// Legends are text, never HTML: names and reasons are a stranger's words.
function legend(id, entries) {
  document.getElementById(id).replaceChildren(...entries.map(({ colour, label, value }) => {
    const entry = document.createElement("span");
    if (colour) { const swatch = document.createElement("i"); swatch.style.background = css(colour); entry.append(swatch); }
    entry.append(label ? `${label} ` : "");
    const bold = document.createElement("b");
    bold.textContent = value;
    entry.append(bold);
    return entry;
  }));
}

const { LineSeries, AreaSeries, CandlestickSeries, HistogramSeries, createSeriesMarkers, LineStyle } = LightweightCharts;
const points = (times, values) => times.map((time, i) => ({ time, value: values[i] }));
const quiet = { priceLineVisible: false, lastValueVisible: false };
const shareOf = (decimals) => ({ type: "custom", minMove: 10 ** -(decimals + 2), formatter: (value) => percent(value, decimals) });
const amountOf = (decimals) => ({ type: "custom", minMove: 10 ** -decimals, formatter: (value) => number(value, Math.abs(value) < 1000 ? decimals : 0) });

// A series whose colours follow the page. Only candles are joined by the library when many share a pixel: of a line it
// would keep the last of them, and the extremes would be gone.
function series(chart, kind, pane, options, colours) {
  const made = chart.addSeries(kind, { ...quiet, conflationThresholdFactor: kind === CandlestickSeries ? 1 : 1e-6, ...options, ...colours() }, pane);
  painters.push(() => made.applyOptions(colours()));
  return made;
}

const fromZero = (own) => { const info = own(); if (info?.priceRange) info.priceRange.maxValue = 0; return info; };

function drawEquity(given) {
  const chart = chartIn("equity-chart"), times = undelta(given.times), amount = amountOf(given.money);
  const equity = points(times, unscale(given.equity)), drawdown = points(times, unscale(given.drawdown));
  const hold = given.hold && points(times, unscale(given.hold));
  const held = hold && series(chart, LineSeries, 0, { lineWidth: 1, lineStyle: LineStyle.Dashed, priceFormat: amount }, () => ({ color: css("--soft") }));
  const line = series(chart, LineSeries, 0, { lineWidth: 2, priceFormat: amount }, () => ({ color: css("--accent") }));
  const under = series(chart, AreaSeries, 1, { lineWidth: 1, invertFilledArea: true, priceFormat: shareOf(1), autoscaleInfoProvider: fromZero },
    () => ({ lineColor: css("--down"), topColor: css("--under"), bottomColor: css("--under") }));
  if (hold) held.setData(hold);
  line.setData(equity);
  under.setData(drawdown);
  under.priceScale().applyOptions({ scaleMargins: { top: 0.08, bottom: 0.12 } });
  chart.panes()[0].setStretchFactor(2.4);
  chart.panes()[1].setStretchFactor(1);
  const last = times.length - 1, place = new Map(times.map((time, i) => [time, i]));
  const tell = (i) => legend("equity-legend", [
    { value: when(times[i]) },
    { colour: "--accent", label: "Equity", value: `${number(equity[i].value, given.money)} ${given.currency}` },
    ...(hold ? [{ colour: "--soft", label: "Buy and hold", value: `${number(hold[i].value, given.money)} ${given.currency}` }] : []),
    { colour: "--down", label: "Drawdown", value: percent(drawdown[i].value) },
  ]);
  chart.subscribeCrosshairMove(({ time }) => tell(place.get(time) ?? last));
  painters.push(() => tell(last));
  tell(last);
  whole(chart, times.length);
}

function drawExposure(given) {
  const chart = chartIn("exposure-chart"), times = undelta(given.times), values = points(times, unscale(given.values));
  const area = series(chart, AreaSeries, 0, { lineWidth: 1, priceFormat: shareOf(0) },
    () => ({ lineColor: css("--accent"), topColor: css("--fill"), bottomColor: css("--fill") }));
  area.setData(values);
  const last = values.length - 1, place = new Map(times.map((time, i) => [time, i]));
  const tell = (i) => legend("exposure-legend", [{ value: when(times[i]) }, { colour: "--accent", label: "Exposure", value: percent(values[i].value) }]);
  chart.subscribeCrosshairMove(({ time }) => tell(place.get(time) ?? last));
  painters.push(() => tell(last));
  tell(last);
  whole(chart, times.length);
}

const ROLES = { line: ["--level", LineStyle.Solid], ladder: ["--accent", LineStyle.Dashed], target: ["--up", LineStyle.Solid], stop: ["--down", LineStyle.Solid], entry: ["--text", LineStyle.Dotted] };

const brief = (text) => (text.length > 24 ? `${text.slice(0, 23)}\u2026` : text);

function drawPrices(prices) {
  const chart = chartIn("price-chart"), box = document.getElementById("price-chart");
  let shown = null, lines = [], detail = "";
  const candles = series(chart, CandlestickSeries, 0, { borderVisible: true, autoscaleInfoProvider: (own) => widened(own(), shown) }, () => ({
    // Grey, hollow and filled: colour is kept for what the strategy did.
    upColor: css("--page"), downColor: css("--candle"), borderColor: css("--candle"), wickColor: css("--candle"),
  }));
  const marked = series(chart, HistogramSeries, 0, { priceScaleId: "marked", priceFormat: { type: "volume" } }, () => ({ color: css("--mark") }));
  chart.priceScale("marked").applyOptions({ scaleMargins: { top: 0.975, bottom: 0 }, visible: false });
  const arrows = createSeriesMarkers(candles, []);
  const dots = [1, -1].map((side) => [side, series(chart, LineSeries, 0,
    { lineVisible: false, pointMarkersVisible: true, pointMarkersRadius: 2, crosshairMarkerVisible: false, priceFormat: { type: "price" } },
    () => ({ color: css(side > 0 ? "--up" : "--down") }))]);

  const seen = () => {
    const range = chart.timeScale().getVisibleLogicalRange();
    return range ? shown.fills.filter(({ time }) => { const i = shown.place.get(time); return i >= range.from && i <= range.to; }).length : shown.fills.length;
  };
  // Far out hundreds of arrows are a smear, so they are dots there; near by each says its reason.
  const refine = (again) => {
    if (!shown) return;
    const count = seen(), wanted = count > 250 ? "dots" : count > box.clientWidth / 90 ? "arrows" : "words";
    if (wanted === detail && !again) return;
    detail = wanted;
    dots.forEach(([side, points]) => {
      const one = new Map(wanted === "dots" ? shown.fills.filter((fill) => fill.side === side).map(({ time, price }) => [time, price]) : []);
      points.setData([...one].map(([time, value]) => ({ time, value })));
    });
    arrows.setMarkers(wanted === "dots" ? [] : shown.fills.map(({ time, price, side, reason }) => ({
      time, price, color: css(side > 0 ? "--up" : "--down"), position: side > 0 ? "atPriceBottom" : "atPriceTop",
      shape: side > 0 ? "arrowUp" : "arrowDown", text: wanted === "words" ? reason : undefined,
    })));
  };
  const tell = (time) => {
    const bar = shown.points[shown.place.get(time)] ?? shown.points[shown.points.length - 1];
    if (bar.open === undefined) return legend("price-legend", [{ value: when(bar.time) }, { value: "no candle" }]);
    const fills = shown.byTime.get(bar.time) ?? [];
    legend("price-legend", [
      { value: when(bar.time) },
      ...["open", "high", "low", "close"].map((name) => ({ label: name[0].toUpperCase() + name.slice(1), value: number(bar[name], shown.precision) })),
      ...fills.slice(0, 3).map((fill) => ({
        colour: fill.side > 0 ? "--up" : "--down", label: `${fill.count > 1 ? `${fill.count} ` : ""}${fill.side > 0 ? "buy" : "sell"}`,
        value: `${fill.quantity} at ${number(fill.price, shown.precision)}${fill.reason ? `, ${fill.reason}` : ""}`,
      })),
      ...(fills.length > 3 ? [{ value: `and ${fills.length - 3} more` }] : []),
      ...(shown.depends.has(bar.time) ? [{ colour: "--mark", value: "depended on the path" }] : []),
    ]);
  };
  const level = () => {
    lines.forEach((line) => candles.removePriceLine(line));
    lines = shown.levels.map(({ price, label, role }) => {
      const named = shown.levels.length <= 12 || !["line", "ladder"].includes(role);
      const [colour, lineStyle] = ROLES[role] ?? ROLES.line;
      return candles.createPriceLine({ price, color: css(colour), lineWidth: 1, lineStyle, axisLabelVisible: named, title: named ? brief(label) : "" });
    });
  };
  const show = (index) => {
    const price = prices[index], list = price.points ?? (price.points = candlesOf(price));
    shown = {
      points: list, precision: price.precision, levels: price.levels, place: new Map(list.map(({ time }, i) => [time, i])),
      fills: fillsOf(price, list), byTime: new Map(), depends: new Set(undelta(price.dependent).map((i) => list[price.indexOf[i]].time)),
    };
    shown.fills.forEach((fill) => shown.byTime.set(fill.time, [...(shown.byTime.get(fill.time) ?? []), fill]));
    arrows.setMarkers([]);
    candles.applyOptions({ priceFormat: { type: "custom", minMove: price.tick, formatter: (value) => number(value, price.precision) } });
    candles.setData(list);
    marked.setData(list.map(({ time }) => (shown.depends.has(time) ? { time, value: 1 } : { time })));
    level();
    whole(chart, list.length);
    refine(true);
    tell();
    document.getElementById("price-words").textContent = `${price.words.join(". ")}. Times are UTC.`;
  };
  chart.subscribeCrosshairMove(({ time }) => tell(time));
  chart.timeScale().subscribeVisibleLogicalRangeChange(() => refine(false));
  painters.push(() => { level(); refine(true); tell(); });
  const buttons = [...document.querySelectorAll(".switch button")];
  buttons.forEach((button) => button.addEventListener("click", () => {
    buttons.forEach((other) => other.setAttribute("aria-pressed", String(other === button)));
    show(Number(button.dataset.market));
  }));
  show(0);
}

// Levels are seen where they lie near the candles; far ones must not press the candles flat.
function widened(info, shown) {
  if (!info?.priceRange || !shown) return info;
  const { minValue: low, maxValue: high } = info.priceRange, room = 2 * (high - low);
  const near = shown.levels.map(({ price }) => price).filter((price) => price > low - room && price < high + room);
  return { ...info, priceRange: { minValue: Math.min(low, ...near), maxValue: Math.max(high, ...near) } };
}

// The page is readable before the charts are: they are drawn after the first paint.
requestAnimationFrame(() => setTimeout(() => {
  drawEquity(data.equity);
  if (data.prices.length) drawPrices(data.prices);
  if (data.equity.exposure) drawExposure(data.equity.exposure);
  requestAnimationFrame(() => { document.documentElement.dataset.drawn = String(Math.round(performance.now())); });
}));

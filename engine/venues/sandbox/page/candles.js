// Candles on a canvas: grey, hollow and filled as in the report, for colour is kept for our orders.
let drawn = null, fits = 0;

function niceStep(span, count) {
  const raw = span / count, power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 2.5, 5, 10].map((one) => one * power).find((one) => one >= raw);
}

function draw(chosen) {
  drawn = chosen ?? drawn;
  const canvas = byId("chart"), ratio = devicePixelRatio || 1, width = canvas.clientWidth, height = canvas.clientHeight;
  if (!drawn || !width) return;
  canvas.width = Math.round(width * ratio);
  canvas.height = Math.round(height * ratio);
  const pen = canvas.getContext("2d"), digits = decimals(drawn.tick);
  pen.scale(ratio, ratio);
  pen.font = `11px ${getComputedStyle(document.body).fontFamily}`;
  if (!drawn.candles.length) return;
  fits = Math.floor((width - 70) / 5);  // narrower than this a candle is a scratch
  const candles = drawn.candles.slice(-fits);
  const label = (value) => money(value.toFixed(digits));
  let high = Math.max(...candles.map((one) => one[2])), low = Math.min(...candles.map((one) => one[3]));
  if (high - low < 10 * Number(drawn.tick)) { high += 5 * Number(drawn.tick); low -= 5 * Number(drawn.tick); }
  const right = width - Math.ceil(pen.measureText(label(high)).width) - 12, bottom = height - 20, top = 8;
  const y = (price) => top + (high - price) / (high - low) * (bottom - top);
  const slot = right / candles.length, body = Math.max(1, Math.floor(slot * 0.7));
  const at = (i) => Math.round((i + 0.5) * slot) + 0.5;

  pen.lineWidth = 1;
  pen.textBaseline = "middle";
  const step = niceStep(high - low, 5);
  for (let price = Math.ceil(low / step) * step; price <= high; price += step) {
    const line = Math.round(y(price)) + 0.5;
    pen.strokeStyle = css("--hair");
    pen.beginPath(); pen.moveTo(0, line); pen.lineTo(right, line); pen.stroke();
    pen.fillStyle = css("--muted");
    if (Math.abs(line - y(Number(drawn.last))) > 12) pen.fillText(label(price), right + 8, line);
  }
  pen.textAlign = "center";
  const every = Math.max(1, Math.ceil(candles.length * 90 / right));
  const name = (ms) => (drawn.step_ms >= 86400000 ? when(ms).slice(5, 10) : clock(ms).slice(0, 5));
  candles.forEach(([ms], i) => { if (i % every === Math.floor(every / 2)) pen.fillText(name(ms), at(i), height - 8); });
  pen.textAlign = "left";

  pen.strokeStyle = css("--candle");
  candles.forEach(([, first, top_, low_, last], i) => {
    const x = at(i), [up, down] = [Math.round(y(Math.max(first, last))), Math.round(y(Math.min(first, last)))];
    pen.beginPath(); pen.moveTo(x, y(top_)); pen.lineTo(x, y(low_)); pen.stroke();
    pen.fillStyle = css(last >= first ? "--page" : "--candle");
    pen.fillRect(x - body / 2, up, body, Math.max(1, down - up));
    if (slot > 3) pen.strokeRect(x - body / 2, up + 0.5, body, Math.max(1, down - up));
  });

  pen.setLineDash([4, 4]);
  for (const side of ["bids", "asks"]) {
    for (const row of drawn[side]) {
      const price = Number(row.price), sells = row.own ? side === "asks" : row.stop.startsWith("-");
      if (!(row.own || row.stop) || price < low || price > high) continue;
      pen.strokeStyle = css(sells ? "--down" : "--up");
      pen.beginPath(); pen.moveTo(0, y(price)); pen.lineTo(right, y(price)); pen.stroke();
    }
  }
  pen.setLineDash([]);
  const line = y(Math.min(high, Math.max(low, Number(drawn.last))));
  pen.fillStyle = css("--text");
  pen.fillRect(right + 2, line - 9, width - right - 2, 18);
  pen.fillStyle = css("--page");
  pen.fillText(money(drawn.last), right + 8, line + 0.5);
  document.documentElement.dataset.drawn = "yes";
}

function legend(i) {
  const [ms, first, high, low, last, volume] = drawn.candles.at(i), digits = decimals(drawn.tick);
  const parts = [["", when(ms).slice(0, 16)], ["O", first], ["H", high], ["L", low], ["C", last]].map(([name, value]) =>
    [name, typeof value === "string" ? value : money(value.toFixed(digits))]);
  byId("legend").replaceChildren(...[...parts, ["V", money(volume.toFixed(Math.min(3, decimals(drawn.lot))))]].map(([name, value]) => {
    const entry = element("span", name && `${name} `);
    entry.append(element("b", value));
    return entry;
  }));
}

let pointed = -1;
byId("chart").addEventListener("mousemove", (event) => {
  if (!drawn) return;
  const pen = byId("chart").getContext("2d"), wide = Math.ceil(pen.measureText(money(drawn.last)).width) + 12;
  const count = Math.min(fits, drawn.candles.length), place = Math.floor(event.offsetX / (byId("chart").clientWidth - wide) * count);
  pointed = drawn.candles.length - count + Math.min(count - 1, Math.max(0, place));
  legend(pointed);
});
byId("chart").addEventListener("mouseleave", () => { pointed = -1; if (drawn) legend(-1); });
addEventListener("resize", () => draw());
for (const query of ["(prefers-color-scheme: dark)", "(prefers-contrast: more)"]) matchMedia(query).addEventListener("change", () => draw());

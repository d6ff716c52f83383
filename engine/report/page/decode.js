"use strict";
// What engine/report/encoding.py wrote, read back: differences become values, whole numbers become decimals.
const data = JSON.parse(document.getElementById("data").textContent);

const undelta = (list) => { let at = 0; return list.map((step) => (at += step)); };
const unscale = ({ decimals, deltas }) => { const by = 10 ** decimals; return undelta(deltas).map((whole) => whole / by); };

// A candle for each bucket, and a bare time for each that is missing: else the axis would close the hole without a word.
function candlesOf(price) {
  const by = 10 ** price.decimals, buckets = undelta(price.buckets), points = [];
  let close = 0, next = buckets[0];
  price.indexOf = [];  // place in points of each candle, for fills
  buckets.forEach((bucket, i) => {
    for (; next < bucket; next += 1) points.push({ time: price.origin + next * price.step });
    const open = close + price.open[i];
    close = open + price.close[i];
    price.indexOf.push(points.length);
    points.push({
      time: price.origin + bucket * price.step, open: open / by, close: close / by,
      high: (Math.max(open, close) + price.high[i]) / by, low: (Math.min(open, close) - price.low[i]) / by,
    });
    next = bucket + 1;
  });
  return points;
}

function fillsOf(price, points) {
  const { candle, side, price: at, quantity, count, reason, reasons } = price.fills;
  const prices = unscale(at), quantities = unscale(quantity);
  return undelta(candle).map((i, n) => ({
    time: points[price.indexOf[i]].time, side: side[n], price: prices[n], quantity: quantities[n],
    count: count[n], reason: reasons[reason[n]],
  }));
}

// Numbers as the page prints them: true minus, thin spaces, never a bare "-0".
const number = (value, decimals) => {
  const text = Math.abs(value).toFixed(decimals).replace(/\B(?=(\d{3})+(?!\d))(?<!\.\d*)/g, "\u202f");
  return (value < 0 && /[1-9]/.test(text) ? "\u2212" : "") + text;
};
const percent = (value, decimals = 2) => `${number(100 * value, decimals)}\u00a0%`;
const when = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace("T", " ") + " UTC";

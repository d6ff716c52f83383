// Words, numbers and tables. What comes from an account is a stranger's text: it is written as text, never as HTML.
const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
const byId = (id) => document.getElementById(id);
const when = (ms) => new Date(ms).toISOString().slice(0, 19).replace("T", " ");
const clock = (ms) => new Date(ms).toISOString().slice(11, 19);
// Thousands are set apart by a thin space; the decimals stay as the exchange wrote them.
const money = (text) => { const [whole, rest] = text.split("."); return whole.replace(/\B(?=(\d{3})+$)/g, "\u202f") + (rest === undefined ? "" : `.${rest}`); };
// An amount of eight decimals, without the noughts that say nothing beyond two.
const amount = (text) => money(text.replace(/(\.\d\d\d*?)0+$/, "$1"));
const signed = (value) => `${value < 0 ? "\u2212" : "+"}${Math.abs(value).toFixed(2)} %`;
const decimals = (step) => (step.split(".")[1] ?? "").length;

function element(tag, text = "", name = "") {
  const made = document.createElement(tag);
  made.textContent = text;
  if (name) made.className = name;
  return made;
}

// Rows of a table body, in place: a row that stays keeps its selection. A cell is text, or [text, class].
function fill(body, rows, classes = () => "") {
  while (body.rows.length > rows.length) body.deleteRow(-1);
  rows.forEach((cells, i) => {
    const row = body.rows[i] ?? body.insertRow();
    const name = classes(i);
    if (row.className !== name) row.className = name;
    cells.forEach((cell, j) => {
      const [text, kind] = Array.isArray(cell) ? cell : [cell, ""];
      const box = row.cells[j] ?? row.insertCell();
      if (box.textContent !== text) box.textContent = text;
      if (box.className !== kind) box.className = kind;
    });
  });
}

function table(heads) {
  const box = element("div", "", "table"), made = document.createElement("table"), row = made.createTHead().insertRow();
  for (const head of heads) row.append(Array.isArray(head) ? element("th", ...head) : element("th", head));
  made.createTBody();
  box.append(made);
  box.tabIndex = 0;
  return box;
}

// The parts of the page, each from its piece of the state.
const SIDE = (side) => (side > 0 ? ["buy", "gain t"] : ["sell", "loss t"]);

function showMarkets(markets, chosen) {
  const body = byId("markets").tBodies[0];
  while (body.rows.length > markets.length) body.deleteRow(-1);
  markets.forEach((one, i) => {
    let row = body.rows[i];
    if (!row) {
      row = body.insertRow();
      const first = row.insertCell(), button = element("button");
      first.append(button, element("small"));
      row.insertCell().className = "n";
      row.insertCell();
      row.addEventListener("click", () => choose(row.dataset.name));
    }
    row.dataset.name = one.name;
    row.className = one.name === chosen ? "chosen" : "";
    const [button, small] = row.cells[0].children;
    button.textContent = one.symbol;
    button.setAttribute("aria-pressed", String(one.name === chosen));
    small.textContent = one.closed ? `${one.floor}, closed` : one.floor;
    row.cells[1].textContent = money(one.last);
    row.cells[2].textContent = signed(one.change);
    row.cells[2].className = one.change < 0 ? "n loss" : "n gain";
  });
}

const stopText = (text) => `${text.startsWith("-") ? "sell" : "buy"} ${money(text.replace("-", ""))} stop`;

function showChosen(one) {
  byId("chosen").textContent = one.symbol;
  byId("chosen-last").textContent = money(one.last);
  byId("middle").textContent = money(one.last);
  const rows = (side) => side.map((row) => [[money(row.price), "n"], [Number(row.quantity) ? money(row.quantity) : "", "n"],
    [[row.own && money(row.own), row.stop && stopText(row.stop)].filter(Boolean).join(", "), "n"]]);
  const kinds = (side) => (i) => (side[i].own || side[i].stop ? "own" : "");
  const asks = [...one.asks].reverse(), [upper, lower] = [byId("book").querySelector(".asks"), byId("book").querySelector(".bids")];
  fill(upper, rows(asks), kinds(asks));
  fill(lower, rows(one.bids), kinds(one.bids));
  fill(byId("prints").tBodies[0], one.prints.map((row) => [[clock(row.ms), "t"], [money(row.price), row.sold ? "n loss" : "n gain"], [money(row.quantity), "n"]]));
  draw(one);
  legend(pointed < one.candles.length ? pointed : -1);
}

function part(parent, name, make) {
  const found = parent.querySelector(`:scope > [data-part="${CSS.escape(name)}"]`);
  if (found) return found;
  const made = make();
  made.dataset.part = name;
  parent.append(made);
  return made;
}

function rowsOf(box, title, heads, rows, empty) {
  const made = part(box, heads.join(), () => {
    const group = element("div");
    group.append(element("h3"), table(heads), element("p", empty, "empty"));
    return group;
  });
  made.children[0].textContent = title;
  made.children[1].hidden = !rows.length;
  made.children[2].hidden = rows.length > 0;
  fill(made.querySelector("tbody"), rows);
}

const N = (text) => [text, "n"];

function showFloor(box, floor) {
  const left = part(box, "left", () => element("div")), right = part(box, "right", () => element("div"));
  rowsOf(left, "Balances", ["Asset", N("Total"), N("Free")], floor.balances.map((one) => [one.asset, N(amount(one.total)), N(amount(one.free))]), "Nothing.");
  if (floor.positions?.length) {
    rowsOf(right, "Positions", ["Contract", "Side", N("Quantity"), N("Entry"), N("Floating"), N("Liquidation")], floor.positions.map((one) =>
      [one.symbol, one.side > 0 ? ["long", "gain t"] : ["short", "loss t"], N(money(one.quantity)), N(money(one.entry)), [amount(one.floating), one.floating.startsWith("-") ? "n loss" : "n gain"], N(one.liquidation ? money(one.liquidation) : "none")]), "");
  }
  const shown = floor.count > floor.orders.length ? `, the youngest ${floor.orders.length} shown` : "";
  rowsOf(right, `Open orders: ${floor.count.toLocaleString("en-GB")}${shown}`, ["Order", "Market", "Side", "Type", N("Quantity"), N("Filled"), N("Price"), N("Stop"), "Client id", "Placed, UTC"], floor.orders.map((one) =>
    [String(one.id), one.symbol, SIDE(one.side), [one.type, "t"], N(money(one.quantity)), N(money(one.filled)), N(money(one.price)), N(money(one.stop)), [one.client_id, "id"], [when(one.ms), "t"]]), "None.");
  rowsOf(right, "Last fills", ["Fill", "Market", "Side", N("Price"), N("Quantity"), N("Fee"), "As", "Client id", "Time, UTC"], floor.fills.map((one) =>
    [String(one.id), one.symbol, SIDE(one.side), N(money(one.price)), N(money(one.quantity)), N(one.fee.replace(/^\S+/, amount)), one.maker ? "maker" : "taker", [one.client_id, "id"], [when(one.ms), "t"]]), "None since it was started.");
}

function showAccounts(accounts) {
  for (const one of accounts) {
    const box = part(byId("accounts"), one.name, () => {
      const made = element("div", "", "account");
      made.append(element("h2", `Account ${one.name}`), element("p", "", "note"));
      return made;
    });
    const live = one.keys.filter((key) => !key.revoked);
    box.children[1].textContent = `${live.length} ${live.length === 1 ? "key" : "keys"}: ${live.slice(0, 5).map((key) => `${key.key} (${key.permissions.join(", ")})`).join("; ") || "none"}`;
    for (const floor of one.floors) {
      const group = part(box, floor.floor, () => {
        const made = element("div");
        made.append(element("h3", { spot: "Spot", usdm: "USD-M" }[floor.floor] ?? floor.floor), element("div", "", "halves"));
        return made;
      });
      group.children[0].hidden = one.floors.length < 2;
      showFloor(group.children[1], floor);
    }
  }
}

const WHERE = [["", "", "any request"], ["POST", "/api/v3/order", "new spot orders"], ["DELETE", "/api/v3/order", "cancelled spot orders"],
  ["GET", "/api/v3/order", "looked-up spot orders"], ["POST", "/fapi/v1/order", "new USD-M orders"], ["GET", "", "everything that only asks"]];

function showFaults(faults) {
  const choice = byId("fault").elements.fault;
  if (!choice.options.length) {
    choice.append(...faults.known.map((name) => new Option(name.replaceAll("_", " "), name)));
    byId("fault").elements.where.append(...WHERE.map(([, , name], i) => new Option(name, String(i))));
  }
  const told = (rule) => [rule.method, rule.path, rule.floor, rule.symbol, rule.account].filter(Boolean).join(" ") || "anything";
  const body = byId("faults").tBodies[0];
  fill(body, faults.set.map((rule) => [rule.fault.replaceAll("_", " "), told(rule), N(String(rule.times)), N(`${Math.round(rule.chance * 100)} %`)]));
  faults.set.forEach((rule, i) => {
    const cell = body.rows[i].cells[4] ?? body.rows[i].insertCell();
    cell.className = "n";
    if (cell.dataset.id === String(rule.id)) return;
    cell.dataset.id = rule.id;
    const button = element("button", "Take away");
    button.addEventListener("click", () => send("DELETE", "faults", { id: rule.id }));
    cell.replaceChildren(button);
  });
  byId("faults").parentElement.hidden = !faults.set.length;
  const met = Object.entries(faults.met).filter(([, count]) => count).map(([name, count]) => `${name.replaceAll("_", " ")} ${count}`);
  byId("met").textContent = (faults.set.length ? "" : "None is set. ") + (met.length ? `Met so far: ${met.join(", ")}.` : "");
}

"""A whole session of ib_async against the gateway: ib_async_session.py PORT CONTROL"""
import sys
import time

import ib_async
from ib_async import IB, ExecutionFilter, LimitOrder, MarketOrder, Order, Stock, StopOrder

from session import Control, Failed, Steps, check, run, wait

PORT, CONTROL = int(sys.argv[1]), sys.argv[2]
CLIENT_ID = 8


def connect():
    for _ in range(20):
        ib = IB()
        try:
            ib.connect("127.0.0.1", PORT, clientId=CLIENT_ID, timeout=8)
            return ib
        except Exception as problem:
            print(f"connect: {problem}", file=sys.stderr)
            ib.disconnect()
            time.sleep(0.5)
    raise Failed("no connection")


def until(ib, what, condition, seconds=None):
    return wait(what, condition, seconds, pump=ib.sleep)


def status(ib, trade, name):
    until(ib, f"{name} of {trade.order.orderId}, it is {trade.orderStatus}", lambda: trade.orderStatus.status == name)


def accounts(ib, steps):
    summary = {row.tag: row.value for row in ib.accountSummary()}
    check(float(summary["NetLiquidation"]) > 0, f"summary {summary}")
    check(any(row.tag == "BuyingPower" for row in ib.accountValues()), "account values")
    pnl = ib.reqPnL("DU1234567")
    until(ib, "pnl", lambda: pnl.dailyPnL == pnl.dailyPnL)
    ib.cancelPnL("DU1234567")
    steps.ok("accounts")


def contracts(ib, steps):
    contract = Stock("AAPL", "SMART", "USD")
    details = ib.reqContractDetails(contract)
    check(len(details) == 1 and details[0].contract.conId == 265598 and details[0].minTick == 0.01, f"{details}")
    ib.qualifyContracts(contract)
    check(contract.primaryExchange == "NASDAQ", "qualified")
    check("MSFT" in [d.contract.symbol for d in ib.reqMatchingSymbols("MSF")], "matching symbols")
    chains = ib.reqSecDefOptParams("AAPL", "", "STK", 265598)
    check(len(chains) == 2 and len(chains[0].strikes) > 10, "option chains")
    check(not ib.reqContractDetails(Stock("no such thing", "SMART", "USD")), "an unknown stock")
    steps.ok("contracts")
    return contract


def history(ib, contract, steps):
    bars = ib.reqHistoricalData(contract, "", "1 D", "5 mins", "TRADES", True, 2)
    check(60 <= len(bars) <= 78 and all(bar.low <= bar.close <= bar.high for bar in bars), f"{len(bars)} bars")
    days = ib.reqHistoricalData(contract, "", "1 M", "1 day", "MIDPOINT", True, 1)
    check(len(days) > 15, f"{len(days)} days")
    live = ib.reqHistoricalData(contract, "", "600 S", "5 secs", "TRADES", False, 2, keepUpToDate=True)
    count = len(live)
    until(ib, "a new bar", lambda: len(live) > count)
    ib.cancelHistoricalData(live)
    check(ib.reqHeadTimeStamp(contract, "TRADES", True, 2), "head timestamp")
    ticks = ib.reqHistoricalTicks(contract, "", time.strftime("%Y%m%d-%H:%M:%S", time.gmtime()), 10, "TRADES", True)
    check(len(ticks) == 10, f"{len(ticks)} ticks")
    steps.ok("history", bars=len(bars))


def streaming(ib, contract, steps):
    ticker = ib.reqMktData(contract, "233", False, False)
    count = [0]
    ticker.updateEvent += lambda _: count.__setitem__(0, count[0] + 1)
    until(ib, "20 updates", lambda: count[0] >= 20)
    check(0 < ticker.bid < ticker.ask and ticker.last > 0 and ticker.close > 0, f"{ticker}")
    ib.cancelMktData(contract)
    other = Stock("MSFT", "SMART", "USD")
    ib.qualifyContracts(other)
    single = ib.reqTickByTickData(other, "BidAsk")
    until(ib, "single ticks", lambda: single.tickByTicks)
    ib.cancelTickByTickData(other, "BidAsk")
    bars = ib.reqRealTimeBars(other, 5, "MIDPOINT", False)
    until(ib, "a real-time bar", lambda: len(bars) > 0)
    ib.cancelRealTimeBars(bars)
    steps.ok("streaming", updates=count[0])


def held(ib):
    return sum(p.position for p in ib.positions() if p.contract.symbol == "AAPL")


def filled(trade):
    return sum(fill.execution.shares for fill in trade.fills)


def life(ib, contract, control, steps):
    control(do="price", symbol="AAPL", price=187.0)
    start = held(ib)
    trade = ib.placeOrder(contract, LimitOrder("BUY", 100, 180.0, tif="GTC", orderRef="async-1"))
    status(ib, trade, "Submitted")
    trade.order.lmtPrice, trade.order.totalQuantity = 181.5, 120
    ib.placeOrder(contract, trade.order)
    number = trade.order.orderId
    control(do="hold_fills")
    ib.sleep(0.2)
    control(do="fill", client=CLIENT_ID, order=number, quantity="50", price=181.5)
    until(ib, "a part", lambda: trade.orderStatus.filled == 50 and trade.orderStatus.remaining == 70)
    check(trade.orderStatus.status == "Submitted", "a part is filled")
    control(do="fill", client=CLIENT_ID, order=number, quantity="70")
    status(ib, trade, "Filled")
    until(ib, "commissions", lambda: filled(trade) == 120 and all(f.commissionReport.execId for f in trade.fills))
    control(do="hold_fills", on=False)
    market = ib.placeOrder(contract, MarketOrder("BUY", 300, orderRef="async-2"))
    status(ib, market, "Filled")
    until(ib, "all parts", lambda: filled(market) == 300)
    check(len(market.fills) > 1, "a market order in parts")
    resting = ib.placeOrder(contract, LimitOrder("SELL", 10, 999.0))
    status(ib, resting, "Submitted")
    ib.cancelOrder(resting.order)
    status(ib, resting, "Cancelled")
    until(ib, "position", lambda: held(ib) == start + 420)
    steps.ok("orders", parts=len(market.fills))


def refusals(ib, contract, control, steps):
    control(do="reject", times=1, reason="a reason")
    trade = ib.placeOrder(contract, LimitOrder("BUY", 1, 100.0))
    until(ib, "the reject", lambda: any("a reason" in entry.message for entry in trade.log))
    check(trade.orderStatus.status in ("Inactive", "Cancelled"), f"{trade.orderStatus}")
    preview = ib.whatIfOrder(contract, LimitOrder("BUY", 10, 100.0))
    check(float(preview.initMarginChange) > 0, f"{preview}")
    steps.ok("refusals")


def brackets(ib, contract, control, steps):
    control(do="price", symbol="AAPL", price=187.0)
    legs = ib.bracketOrder("BUY", 50, 180.0, 195.0, 170.0)
    parent, profit, loss = (ib.placeOrder(contract, leg) for leg in legs)
    status(ib, parent, "Submitted")
    status(ib, profit, "PreSubmitted")
    control(do="price", symbol="AAPL", price=179.0)
    status(ib, parent, "Filled")
    status(ib, profit, "Submitted")
    control(do="price", symbol="AAPL", price=196.0)
    status(ib, profit, "Filled")
    status(ib, loss, "Cancelled")
    control(do="price", symbol="AAPL", price=187.0)
    pair = ib.oneCancelsAll(
        [LimitOrder("BUY", 10, 185.0), StopOrder("BUY", 10, 195.0)], f"async-oca-{time.time_ns()}", 1)
    one, other = (ib.placeOrder(contract, leg) for leg in pair)
    status(ib, one, "Submitted")
    status(ib, other, "PreSubmitted")
    control(do="fill", client=CLIENT_ID, order=one.order.orderId)
    status(ib, one, "Filled")
    status(ib, other, "Cancelled")
    steps.ok("bracket and oca")


def reconnect(ib, contract, control, steps):
    trade = ib.placeOrder(contract, LimitOrder("BUY", 20, 150.0, tif="GTC", orderRef="async-rests"))
    status(ib, trade, "Submitted")
    permanent, number = trade.orderStatus.permId, trade.order.orderId
    before = {fill.execution.execId for fill in ib.fills()}
    ib.disconnect()
    control(do="fill", client=CLIENT_ID, order=number, quantity="5", price=150.0)
    ib = connect()
    open_trades = [t for t in ib.openTrades() if t.order.permId == permanent]
    check(len(open_trades) == 1 and open_trades[0].order.orderRef == "async-rests", f"{ib.openTrades()}")
    after = {fill.execution.execId for fill in ib.reqExecutions(ExecutionFilter(clientId=CLIENT_ID))}
    check(before < after and len(after - before) == 1, f"executions {len(before)} and {len(after)}")
    completed = ib.reqCompletedOrders(False)
    check({"Filled", "Cancelled"} <= {t.orderStatus.status for t in completed}, "completed orders")
    check(any(t.order.orderRef == "async-1" for t in completed), "the first order is among them")
    ib.cancelOrder(open_trades[0].order)
    status(ib, open_trades[0], "Cancelled")
    steps.ok("reconnect", executions=len(after), completed=len(completed))
    return ib


def main():
    steps, control = Steps("ib_async"), Control(CONTROL)
    ib = connect()
    check(ib.managedAccounts() == ["DU1234567"], f"accounts {ib.managedAccounts()}")
    steps.ok("handshake", version=ib.client.serverVersion(), client_version=ib_async.__version__)
    check(ib.reqCurrentTime(), "time")
    accounts(ib, steps)
    contract = contracts(ib, steps)
    history(ib, contract, steps)
    streaming(ib, contract, steps)
    life(ib, contract, control, steps)
    refusals(ib, contract, control, steps)
    brackets(ib, contract, control, steps)
    ib = reconnect(ib, contract, control, steps)
    ib.disconnect()
    steps.complete()


run("ib_async", main)

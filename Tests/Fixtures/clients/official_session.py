"""A whole session of the official Python client against the gateway: official_session.py PORT CONTROL"""
import sys
import threading
import time
from decimal import Decimal

from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.execution import ExecutionFilter
from ibapi.order import Order
from ibapi.order_cancel import OrderCancel
from ibapi.wrapper import EWrapper

from session import Control, Failed, Steps, check, run, wait

PORT, CONTROL = int(sys.argv[1]), sys.argv[2]
CLIENT_ID = 7


class App(EWrapper, EClient):
    def __init__(self):
        EClient.__init__(self, self)
        self.events, self.lock, self.order_id = [], threading.Lock(), None

    def note(self, kind, **facts):
        with self.lock:
            self.events.append((kind, facts))

    def all(self, kind, **wanted):
        with self.lock:
            found = [facts for name, facts in self.events if name == kind]
        return [facts for facts in found if all(facts.get(key) == value for key, value in wanted.items())]

    def wait_for(self, kind, seconds=None, **wanted):
        return wait(f"{kind} {wanted}", lambda: self.all(kind, **wanted), seconds)[-1]

    def next_order_id(self):
        self.order_id += 1
        return self.order_id - 1

    # What the client reports.
    def nextValidId(self, orderId):
        self.order_id = orderId
        self.note("nextValidId", id=orderId)

    def managedAccounts(self, accountsList):
        self.note("managedAccounts", accounts=accountsList)

    def error(self, reqId, errorTime, errorCode, errorString, advancedOrderRejectJson=""):
        self.note("error", id=reqId, code=errorCode, text=errorString, time=errorTime)

    def currentTime(self, time):
        self.note("currentTime", time=time)

    def accountSummary(self, reqId, account, tag, value, currency):
        self.note("accountSummary", id=reqId, account=account, tag=tag, value=value)

    def accountSummaryEnd(self, reqId):
        self.note("accountSummaryEnd", id=reqId)

    def updateAccountValue(self, key, val, currency, accountName):
        self.note("accountValue", key=key, value=val)

    def accountDownloadEnd(self, accountName):
        self.note("accountDownloadEnd", account=accountName)

    def position(self, account, contract, position, avgCost):
        self.note("position", symbol=contract.symbol, position=position, cost=avgCost)

    def positionEnd(self):
        self.note("positionEnd")

    def pnl(self, reqId, dailyPnL, unrealizedPnL, realizedPnL):
        self.note("pnl", id=reqId, daily=dailyPnL)

    def contractDetails(self, reqId, contractDetails):
        contract = contractDetails.contract
        self.note("contractDetails", id=reqId, conId=contract.conId, name=contractDetails.longName,
                  tick=contractDetails.minTick, hours=contractDetails.liquidHours, size=contractDetails.minSize)

    def contractDetailsEnd(self, reqId):
        self.note("contractDetailsEnd", id=reqId)

    def symbolSamples(self, reqId, contractDescriptions):
        self.note("symbolSamples", id=reqId, symbols=[d.contract.symbol for d in contractDescriptions])

    def securityDefinitionOptionParameter(self, reqId, exchange, underlyingConId, tradingClass, multiplier, expirations, strikes):
        self.note("optionParameters", id=reqId, exchange=exchange, expirations=expirations, strikes=strikes)

    def securityDefinitionOptionParameterEnd(self, reqId):
        self.note("optionParametersEnd", id=reqId)

    def marketRule(self, marketRuleId, priceIncrements):
        self.note("marketRule", id=marketRuleId, increments=[(p.lowEdge, p.increment) for p in priceIncrements])

    def historicalData(self, reqId, bar):
        self.note("bar", id=reqId, date=bar.date, open=bar.open, high=bar.high, low=bar.low, close=bar.close, volume=bar.volume)

    def historicalDataEnd(self, reqId, start, end):
        self.note("historyEnd", id=reqId)

    def historicalDataUpdate(self, reqId, bar):
        self.note("barUpdate", id=reqId, date=bar.date, close=bar.close, low=bar.low, high=bar.high)

    def headTimestamp(self, reqId, headTimestamp):
        self.note("headTimestamp", id=reqId, text=headTimestamp)

    def historicalTicksBidAsk(self, reqId, ticks, done):
        self.note("ticks", id=reqId, count=len(ticks), bid=ticks[0].priceBid)

    def tickPrice(self, reqId, tickType, price, attrib):
        self.note("tickPrice", id=reqId, type=tickType, price=price)

    def tickSize(self, reqId, tickType, size):
        self.note("tickSize", id=reqId, type=tickType, size=size)

    def tickByTickBidAsk(self, reqId, time, bidPrice, askPrice, bidSize, askSize, tickAttribBidAsk):
        self.note("tickByTick", id=reqId, bid=bidPrice, ask=askPrice)

    def realtimeBar(self, reqId, time, open_, high, low, close, volume, wap, count):
        self.note("realtimeBar", id=reqId, time=time, low=low, high=high)

    def openOrder(self, orderId, contract, order, orderState):
        self.note("openOrder", id=orderId, status=orderState.status, permId=order.permId, ref=order.orderRef,
                  limit=order.lmtPrice, parent=order.parentId, whatIf=order.whatIf, tif=order.tif,
                  margin=orderState.initMarginChange, quantity=order.totalQuantity)

    def openOrderEnd(self):
        self.note("openOrderEnd")

    def orderStatus(self, orderId, status, filled, remaining, avgFillPrice, permId, parentId, lastFillPrice, clientId, whyHeld, mktCapPrice):
        self.note("status", id=orderId, status=status, filled=filled, remaining=remaining, permId=permId, held=whyHeld)

    def execDetails(self, reqId, contract, execution):
        self.note("execution", request=reqId, id=execution.orderId, exec=execution.execId, shares=execution.shares,
                  price=execution.price, ref=execution.orderRef, side=execution.side)

    def execDetailsEnd(self, reqId):
        self.note("executionsEnd", id=reqId)

    def commissionAndFeesReport(self, commissionAndFeesReport):
        self.note("commission", exec=commissionAndFeesReport.execId)

    def completedOrder(self, contract, order, orderState):
        self.note("completed", permId=order.permId, ref=order.orderRef, status=orderState.status,
                  filled=order.filledQuantity, text=orderState.completedStatus)

    def completedOrdersEnd(self):
        self.note("completedEnd")


def connect():
    """The id of a client that just left may be held for a moment: the same id, later."""
    for _ in range(20):
        app = App()
        app.connect("127.0.0.1", PORT, CLIENT_ID)
        threading.Thread(target=app.run, daemon=True).start()
        end = time.monotonic() + 2
        while time.monotonic() < end and not app.all("nextValidId"):
            if app.all("error", code=326):
                break
            time.sleep(0.02)
        if app.all("nextValidId"):
            return app
        app.disconnect()
        time.sleep(0.5)
    raise Failed("the client id stays in use")


def stock(symbol="AAPL"):
    contract = Contract()
    contract.symbol, contract.secType, contract.exchange, contract.currency = symbol, "STK", "SMART", "USD"
    return contract


def order(action, quantity, kind="LMT", limit=None, stop=None, **more):
    made = Order()
    made.action, made.totalQuantity, made.orderType, made.tif = action, Decimal(quantity), kind, "GTC"
    if limit is not None:
        made.lmtPrice = limit
    if stop is not None:
        made.auxPrice = stop
    for key, value in more.items():
        setattr(made, key, value)
    return made


def accounts(app, steps):
    app.reqAccountSummary(9001, "All", "NetLiquidation,BuyingPower")
    app.wait_for("accountSummaryEnd", id=9001)
    check({row["tag"] for row in app.all("accountSummary", id=9001)} == {"NetLiquidation", "BuyingPower"}, "summary tags")
    app.cancelAccountSummary(9001)
    app.reqAccountUpdates(True, "")
    app.wait_for("accountDownloadEnd")
    check(app.all("accountValue", key="NetLiquidation"), "account values")
    app.reqPositions()
    app.wait_for("positionEnd")
    app.reqPnL(9002, app.account, "")
    app.wait_for("pnl", id=9002)
    steps.ok("accounts")


def contracts(app, steps):
    app.reqContractDetails(100, stock())
    app.wait_for("contractDetailsEnd", id=100)
    found = app.all("contractDetails", id=100)[0]
    check(found["conId"] == 265598 and found["name"] == "APPLE INC" and found["tick"] == 0.01, f"details {found}")
    app.reqMatchingSymbols(101, "TES")
    check("TSLA" in app.wait_for("symbolSamples", id=101)["symbols"], "matching symbols")
    app.reqSecDefOptParams(102, "AAPL", "", "STK", 265598)
    app.wait_for("optionParametersEnd", id=102)
    check(len(app.all("optionParameters", id=102)[0]["strikes"]) > 10, "strikes")
    app.reqMarketRule(26)
    check(app.wait_for("marketRule", id=26)["increments"][-1][1] == 0.01, "market rule")
    app.reqContractDetails(103, stock("no such thing"))
    app.wait_for("error", id=103, code=200)
    steps.ok("contracts")


def history(app, steps):
    app.reqHistoricalData(200, stock(), "", "1 D", "5 mins", "TRADES", 1, 2, False, [])
    app.wait_for("historyEnd", id=200)
    bars = app.all("bar", id=200)
    check(60 <= len(bars) <= 78, f"{len(bars)} bars of a day")
    for bar in bars:
        check(bar["low"] <= min(bar["open"], bar["close"]) and max(bar["open"], bar["close"]) <= bar["high"], f"{bar}")
    app.reqHistoricalData(201, stock(), "", "1 M", "1 day", "TRADES", 1, 1, False, [])
    app.wait_for("historyEnd", id=201)
    check(len(app.all("bar", id=201)[0]["date"]) == 8, "daily dates")
    app.reqHistoricalData(202, stock(), "", "600 S", "5 secs", "TRADES", 0, 2, True, [])
    app.wait_for("barUpdate", id=202)
    app.cancelHistoricalData(202)
    app.reqHeadTimeStamp(203, stock(), "TRADES", 1, 2)
    check(int(app.wait_for("headTimestamp", id=203)["text"]) > 0, "head timestamp")
    app.reqHistoricalTicks(204, stock(), "", time.strftime("%Y%m%d-%H:%M:%S", time.gmtime()), 10, "BID_ASK", 1, True, [])
    check(app.wait_for("ticks", id=204)["count"] == 10, "historical ticks")
    steps.ok("history", bars=len(bars))


def streaming(app, steps):
    app.reqMktData(300, stock("MSFT"), "233", False, False, [])
    app.reqTickByTickData(301, stock("MSFT"), "BidAsk", 0, True)
    app.reqRealTimeBars(302, stock("MSFT"), 5, "TRADES", True, [])
    wait("30 ticks", lambda: len(app.all("tickPrice", id=300)) >= 30)
    wait("20 single ticks", lambda: len(app.all("tickByTick", id=301)) >= 20)
    app.wait_for("realtimeBar", id=302)
    types = {tick["type"] for tick in app.all("tickPrice", id=300)}
    check({1, 2, 4, 9} <= types, f"tick types {types}")
    check(all(tick["bid"] < tick["ask"] for tick in app.all("tickByTick", id=301)), "bid below ask")
    app.cancelMktData(300)
    app.cancelTickByTickData(301)
    app.cancelRealTimeBars(302)
    steps.ok("streaming", ticks=len(app.all("tickPrice", id=300)))


def filled(app, order_id):
    return sum(row["shares"] for row in app.all("execution", id=order_id))


def life(app, control, steps):
    """A limit order that rests, is changed, and fills in parts; a market order; one that is cancelled."""
    control(do="price", symbol="AAPL", price=187.0)
    first = app.next_order_id()
    app.placeOrder(first, stock(), order("BUY", 100, limit=180.0, orderRef="life-1"))
    app.wait_for("status", id=first, status="Submitted")
    app.placeOrder(first, stock(), order("BUY", 120, limit=181.5, orderRef="life-1"))
    app.wait_for("openOrder", id=first, limit=181.5, quantity=Decimal(120))
    control(do="fill", client=CLIENT_ID, order=first, quantity="50", price=181.5)
    app.wait_for("status", id=first, status="Submitted", filled=Decimal(50), remaining=Decimal(70))
    control(do="fill", client=CLIENT_ID, order=first, quantity="70")
    app.wait_for("status", id=first, status="Filled", filled=Decimal(120))
    check(filled(app, first) == 120, "executions of the parts")
    for row in app.all("execution", id=first):
        app.wait_for("commission", exec=row["exec"])
    check(len({row["permId"] for row in app.all("openOrder", id=first)}) == 1, "one permId through the modification")
    market = app.next_order_id()
    app.placeOrder(market, stock(), order("BUY", 300, "MKT", tif="DAY", orderRef="life-2"))
    app.wait_for("status", id=market, status="Filled")
    wait("all parts", lambda: filled(app, market) == 300)
    check(len(app.all("execution", id=market)) > 1, "a market order in parts")
    app.wait_for("position", symbol="AAPL", position=Decimal(420))
    third = app.next_order_id()
    app.placeOrder(third, stock(), order("SELL", 10, limit=999.0))
    app.wait_for("status", id=third, status="Submitted")
    app.cancelOrder(third, OrderCancel())
    app.wait_for("status", id=third, status="Cancelled")
    app.wait_for("error", id=third, code=202)
    app.cancelOrder(third, OrderCancel())
    app.wait_for("error", id=third, code=10148)
    steps.ok("orders", parts=len(app.all("execution", id=market)))


def refusals(app, control, steps):
    number = app.next_order_id()
    app.placeOrder(number, stock(), order("BUY", 1, limit=100.005))
    app.wait_for("error", id=number, code=110)
    number = app.next_order_id()
    control(do="reject", times=1, reason="a reason")
    app.placeOrder(number, stock(), order("BUY", 1, limit=100.0))
    check("a reason" in app.wait_for("error", id=number, code=201)["text"], "reason of the reject")
    app.placeOrder(1, stock("MSFT"), order("BUY", 1, limit=100.0))
    check(app.wait_for("error", id=1)["code"] in (103, 104, 105), "a used id")
    number = app.next_order_id()
    app.placeOrder(number, stock(), order("BUY", 10, limit=100.0, whatIf=True))
    preview = app.wait_for("openOrder", id=number)
    check(preview["whatIf"] and float(preview["margin"]) > 0 and preview["permId"] == 0, f"preview {preview}")
    steps.ok("refusals")


def brackets(app, control, steps):
    control(do="price", symbol="AAPL", price=187.0)
    parent, profit, loss = (app.next_order_id() for _ in range(3))
    app.placeOrder(parent, stock(), order("BUY", 50, limit=180.0, transmit=False))
    app.placeOrder(profit, stock(), order("SELL", 50, limit=195.0, parentId=parent, transmit=False))
    time.sleep(0.2)
    check(not app.all("openOrder", id=parent), "nothing before it is transmitted")
    app.placeOrder(loss, stock(), order("SELL", 50, "STP", stop=170.0, parentId=parent, transmit=True))
    app.wait_for("status", id=parent, status="Submitted")
    app.wait_for("status", id=profit, status="PreSubmitted", held="child")
    app.wait_for("status", id=loss, status="PreSubmitted")
    control(do="price", symbol="AAPL", price=179.0)
    app.wait_for("status", id=parent, status="Filled")
    app.wait_for("status", id=profit, status="Submitted")
    control(do="price", symbol="AAPL", price=196.0)
    app.wait_for("status", id=profit, status="Filled")
    app.wait_for("status", id=loss, status="Cancelled")
    control(do="price", symbol="AAPL", price=187.0)
    one, other = app.next_order_id(), app.next_order_id()
    for number, price in ((one, 185.0), (other, 184.0)):
        app.placeOrder(number, stock(), order("BUY", 10, limit=price, ocaGroup=f"oca-{one}", ocaType=1))
        app.wait_for("status", id=number, status="Submitted")
    control(do="fill", client=CLIENT_ID, order=one)
    app.wait_for("status", id=one, status="Filled")
    app.wait_for("status", id=other, status="Cancelled")
    steps.ok("bracket and oca")


def reconnect(app, control, steps):
    resting = app.next_order_id()
    control(do="price", symbol="AAPL", price=187.0)
    app.placeOrder(resting, stock(), order("BUY", 20, limit=150.0, orderRef="rests"))
    permanent = app.wait_for("status", id=resting, status="Submitted")["permId"]
    before = {row["exec"] for row in app.all("execution")}
    app.disconnect()
    control(do="fill", client=CLIENT_ID, order=resting, quantity="5", price=150.0)
    app = connect()
    check(app.order_id > resting, "ids go on")
    app.wait_for("openOrder", id=resting, ref="rests", permId=permanent)
    app.reqExecutions(500, ExecutionFilter())
    app.wait_for("executionsEnd", id=500)
    after = {row["exec"] for row in app.all("execution", request=500)}
    check(before < after and len(after - before) == 1, f"executions {len(before)} and {len(after)}")
    check(app.all("execution", request=500, id=resting)[0]["shares"] == 5, "the fill in the gap")
    app.reqCompletedOrders(False)
    app.wait_for("completedEnd")
    statuses = {row["status"] for row in app.all("completed")}
    check({"Filled", "Cancelled"} <= statuses and app.all("completed", ref="life-1"), f"completed {statuses}")
    app.reqAllOpenOrders()
    app.wait_for("openOrderEnd")
    check(app.all("status", id=resting, filled=Decimal(5), remaining=Decimal(15)), "the order that rests")
    app.cancelOrder(resting, OrderCancel())
    app.wait_for("status", id=resting, status="Cancelled")
    steps.ok("reconnect", executions=len(after), completed=len(app.all("completed")))
    return app


def main():
    steps, control = Steps("ibapi"), Control(CONTROL)
    app = connect()
    app.wait_for("managedAccounts")
    app.wait_for("error", id=-1, code=2104)
    app.account = app.all("managedAccounts")[0]["accounts"].split(",")[0]
    check(app.account == "DU1234567", f"account {app.account}")
    steps.ok("handshake", version=app.serverVersion())
    app.reqCurrentTime()
    app.wait_for("currentTime")
    accounts(app, steps)
    contracts(app, steps)
    history(app, steps)
    streaming(app, steps)
    life(app, control, steps)
    refusals(app, control, steps)
    brackets(app, control, steps)
    app = reconnect(app, control, steps)
    app.disconnect()
    steps.complete()


run("ibapi", main)

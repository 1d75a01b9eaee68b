import TWSProtocol
import Testing

private func receive(_ text: String, _ number: Int = 200) throws -> Response {
  let version = try #require(ServerVersion(number))
  let message = try Response.receive(Array(text.replacing("|", with: "\u{0}").utf8)[...], version)
  #expect(message.surplus == 0, "\(text)")
  return message.response
}

/// Messages and gates that the recorded vectors do not hold, from the field lists alone.
@Suite struct TWSResponseGateTests {
  /// The fields of an open order at version 200, and the same at every older version by the gates.
  @Test func anOpenOrderIsReadAtEveryVersion() throws {
    let vector = try #require(try Vector.all().first { $0.label == "open_new_tail_fields@200" })
    let text = String(decoding: vector.bytes[0].dropFirst(4).dropLast(), as: UTF8.self)
    let full = text.split(separator: "\u{0}", omittingEmptySubsequences: false).map(String.init)
    let status = try #require(full.firstIndex(of: "Submitted"))
    // How many fields from the end each gate guards.
    let tail: [(gate: Int, fields: Int)] = [
      (199, 1), (198, 1), (193, 2), (189, 1), (185, 1), (184, 1), (183, 1),
    ]
    for number in ServerVersion.supported {
      var fields = full
      for part in tail where number < part.gate { fields.removeLast(part.fields) }
      // The margin currency, nine margins, the suggested size, the reason, the allocations.
      if number < 195 { fields.removeSubrange(status + 14..<status + 27) }
      if number < 177 { fields.insert("", at: 34) }
      guard case .openOrder(let open) = try receive(fields.joined(separator: "|") + "|", number) else {
        Issue.record("\(number): no open order")
        continue
      }
      #expect(open.orderId == 68 && open.order.permId == 2_294_967_295 && open.orderState.status == "Submitted")
      #expect(open.order.adjustedOrderType == "None" && open.order.dontUseAutoPriceForHedge)
      #expect((open.order.customerAccount == "CUST1") == (number >= 183))
      #expect(open.order.professionalCustomer == (number >= 184))
      #expect(open.order.includeOvernight == (number >= 189))
      #expect(open.order.manualOrderIndicator == (number >= 193 ? 1 : nil))
      #expect((open.order.submitter == "user77") == (number >= 198))
      #expect(open.order.imbalanceOnly == (number >= 199))
      // One field less is always one too few.
      #expect(throws: WireError.self) { try receive(fields.dropLast().joined(separator: "|") + "|", number) }
    }
  }

  @Test func theRareBlocksOfAnOpenOrderAreRead() throws {
    let head =
      "5|1|9|X|STK||0|?||SMART|USD|X|X|BUY|1|PEG BENCH|||GTC||DU1||0|r|7|99|0|0|0||a|g|m|p|mc|gtd|8|0.5|sf|2|dl|3|"
    let stock = "1|1.5|2.5|0.5|3.5|4.5|10|1|1|1|7|2|||" + "|5|6|0.2|2|MKT|1.25|44|f|c|i|O|1|2|d|1|2|"
    let legs = "9.5|1.5|0.25|3|legs|1|5|2|BUY|EX|1|2|loc|4|2|1.5||1|t|v|100|50|0.05|0.1|60|0.2|1|5|6|1|D|1.0|1|ca|ci|1|"
    let middle = "1|77|0.5|12.5|Vwap|2|a|1|b|2|1|1|PreSubmitted|1|2|3|4|5|6|7|8|9|1.5|1.0|2.0|EUR|USD|"
    let later = "1.5|2.5|3.5|4.5|5.5|6.5|7.5|8.5|9.5|12.5|why|1|DU2|1|2|3|4|5|1|warn|1|1|55|1|0.5|0.25|ISLAND|"
    let conditions = "6|1|a|1|5.5|7|EX|2|3|o|0|t|4|a|1|30|5|a|STK|EX|SYM|6|o|1|1000|8|EX|7|a|0|2.5|9|EX|1|1|"
    let tail = "LMT|1|2|3|4|5|6|1|sn|sv|sd|100.5|1|1|1|1|30|4|1|11|12|Infinity|0.1|0.2|cust|1|bond|1|op|0|sub|1|"
    let response = try receive(head + stock + legs + middle + later + conditions + tail)
    guard case .openOrder(let open) = response else { throw WireError.missing(field: "openOrder") }
    let order = open.order
    #expect(order.exemptCode == 3 && order.auctionStrategy == 1 && order.displaySize == 10 && order.parentId == 5)
    #expect(order.triggerMethod == 6 && order.deltaNeutral.conId == 44 && order.deltaNeutral.designatedLocation == "d")
    #expect(order.continuousUpdate == 1 && order.referencePriceType == 2 && order.basisPointsType == 3)
    #expect(open.contract.comboLegs.first?.exemptCode == 4 && order.orderComboLegs == [1.5, nil])
    #expect(order.scale.priceAdjustInterval == 60 && order.scale.initFillQty == 6 && order.scale.randomPercent)
    #expect(order.hedgeType == "D" && order.hedgeParam == "1.0" && order.optOutSmartRouting && order.notHeld)
    #expect(open.contract.deltaNeutral?.price == 12.5 && order.algoParams == [TagValue("a", "1"), TagValue("b", "2")])
    #expect(open.orderState.commission == 1.5 && open.orderState.commissionCurrency == "EUR")
    #expect(open.orderState.outsideRTH.equityWithLoanAfter == 9.5 && open.orderState.rejectReason == "why")
    #expect(open.orderState.orderAllocations.first?.allowedAllocQty == WireDecimal("5"))
    #expect(open.orderState.warningText == "warn" && order.referenceExchange == "ISLAND")
    #expect(order.conditions.map(\.kind) == [1, 3, 4, 5, 6, 7])
    #expect(order.conditions.map(\.isConjunction) == [true, false, true, true, false, true])
    #expect(order.conditions[3].test == .execution(secType: "STK", exchange: "EX", symbol: "SYM"))
    #expect(order.trailStopPrice == 2 && order.lmtPriceOffset == 3 && order.adjustedTrailingAmount == 6)
    #expect(order.softDollarTier.displayName == "sd" && order.competeAgainstBestOffset == .infinity)
    #expect(order.bondAccruedInterest == "bond" && order.extOperator == "op" && order.submitter == "sub")
  }

  @Test func messagesWithoutAVectorAreRead() throws {
    guard case .marketDepthL2(let depth) = try receive("13|1|4|2|MM|1|0|5.5|0.25|1|") else { throw missing }
    #expect(depth.marketMaker == "MM" && depth.size == WireDecimal("0.25") && depth.isSmartDepth)
    guard case .historicalTicksLast(let ticks) = try receive("98|4|1|17|3|1.5|2|EX|T|1|") else { throw missing }
    #expect(ticks.ticks[0].pastLimit && ticks.ticks[0].unreported && ticks.ticks[0].exchange == "EX" && ticks.done)
    guard case .historicalTicksBidAsk(let quotes) = try receive("97|4|1|17|1|1|2|3|4|0|") else { throw missing }
    #expect(quotes.ticks[0].askPastHigh && !quotes.ticks[0].bidPastLow)
    guard case .tickByTick(let tick) = try receive("99|4|3|17|1|2|3|4|1|"), case .bidAsk(let quote) = tick.tick else {
      throw missing
    }
    #expect(quote.bidPastLow && !quote.askPastHigh)
    guard case .tickNews(let news) = try receive("84|4|1795356025123|P|A|H|E|") else { throw missing }
    #expect(news.timeStamp == 1_795_356_025_123 && news.extraData == "E")
    guard case .newsArticle(let article) = try receive("83|4|1|xyz|") else { throw missing }
    #expect(article.articleType == 1 && article.articleText == "xyz")
    guard case .historicalNews(let old) = try receive("86|4|t|P|A|H|") else { throw missing }
    #expect(old.providerCode == "P" && old.headline == "H")
    #expect(try receive("107|0|wb|") == .userInfo(reqId: 0, whiteBrandingId: "wb"))
    #expect(try receive("91|4|5|EX|") == .rerouteMktData(reqId: 4, conId: 5, exchange: "EX"))
    #expect(try receive("92|4|5|EX|") == .rerouteMktDepth(reqId: 4, conId: 5, exchange: "EX"))
    guard case .accountUpdateMulti(let update) = try receive("73|1|4|DU1|M|K|V|USD|") else { throw missing }
    #expect(update.modelCode == "M" && update.key == "K" && update.currency == "USD")
    guard case .pnl(let pnl) = try receive("94|4|1.5|1.7976931348623157E308||") else { throw missing }
    #expect(pnl.dailyPnL == 1.5 && pnl.unrealizedPnL == nil && pnl.realizedPnL == nil)
  }

  @Test func bondsAndFundsAreRead() throws {
    let start =
      "18|4|US|BOND|CU|4.5|20280615 08:30 US/Eastern|i|r|bt|ct|1|0|1|da|SMART|USD|mn|tc|7|0.01|ot|ve|nd|nt|1|n|Caf\\u00e9|"
    let end = "rule|2|1|ISIN|U|3|26|1|1|1|"
    for (text, number) in [(start + "TZ|th|lh|" + end, 188), (start + end, 187)] {
      guard case .bondContractDetails(4, let d) = try receive(text, number) else { throw missing }
      #expect(d.bond.maturity == "20280615" && d.lastTradeTime == "08:30" && d.longName == "Caf\u{E9}")
      #expect(d.timeZoneId == (number >= 188 ? "TZ" : "US/Eastern") && d.bond.nextOptionPartial && d.bond.putable)
      #expect(d.secIdList == [TagValue("ISIN", "U")] && d.evMultiplier == 2 && d.marketRuleIds == "26")
    }
    let fund = "10|4|F|FUND|||0||X|USD|l|m|t|7|0.01||o|v|1|0|n|||||||||||0|||||||1|1|1|"
    let facts = "fn|ff|ft|fl|bl|bi|mf|1|0|1|na|mi|sm|bs|bt|N|000|"
    guard case .contractDetails(4, let d) = try receive(fund + facts + "1|7|Close only|") else { throw missing }
    #expect(d.fund?.fundAssetType == "000" && d.fund?.fundClosedForNewMoney == true && d.fund?.fundClosed == true)
    #expect(d.ineligibilityReasonList.first?.description == "Close only")
  }

  private var missing: WireError { .missing(field: "message") }
}

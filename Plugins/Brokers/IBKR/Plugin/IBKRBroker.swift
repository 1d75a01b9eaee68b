import AlphaLoopSDK
import CAlphaLoop
import IBKRClient

/// `broker.ibkr`: orders and facts of an account at Interactive Brokers, by way of TWS or IB Gateway.
struct IBKRBroker: Broker, ~Copyable {
  static let flags: BrokerFlags = [.replaces]

  static let descriptor = Descriptor(
    id: "broker.ibkr", name: "Interactive Brokers",
    summary: "Orders, executions, positions and account by the TWS protocol, to TWS or IB Gateway",
    flags: AL_FLAG_NETWORK | AL_FLAG_THREADS,
    parameters: ConnectionParameters.specs + [
      .number(
        "contract_wait", default: 20, in: 0...600, "Seconds that the start waits for the contracts of the instruments")
    ])

  private let settings: GatewaySettings
  private let overrides: [String: ContractOverride]
  private let contractWait: Double
  private let host: Host
  private var listings: [Listing] = []
  private var feed: ReportFeed?
  private var gateway: Gateway?
  private var texts = ReportTexts()

  init(_ setup: Setup) throws(PluginError) {
    let made = try ConnectionParameters.settings(setup)
    let symbols = try ContractOverride.read(setup.parameters)
    let wait = try setup.parameters.number("contract_wait")
    settings = made
    overrides = symbols
    contractWait = wait
    host = setup.host
  }

  mutating func bind(_ universe: [Instrument], _ feed: ReportFeed?) throws(PluginError) {
    self.feed = feed
    listings = universe.map {
      ContractOverride.listing($0.symbol, currency: $0.currency, asset: $0.asset, overrides)
    }
  }

  mutating func start() throws(PluginError) {
    let gateway = try connect(settings, host)
    gateway.bind(listings)
    let missing = gateway.awaitContracts(timeout: contractWait)
    if !missing.isEmpty {
      host.log(.warning, "no contract details yet of \(missing.prefix(20).joined(separator: ", "))")
    }
    if let feed { gateway.deliver { reports in _ = feed.push(reports) } }
    self.gateway = gateway
  }

  mutating func stop() throws(PluginError) {
    guard let gateway else { return }
    gateway.deliver(to: nil)
    GatewayRegistry.shared.release(gateway)
    self.gateway = nil
  }

  mutating func submit(_ orders: UnsafeBufferPointer<al_order_v1>, _ acks: UnsafeMutableBufferPointer<al_ack_v1>)
    throws(PluginError)
  {
    let gateway = try running()
    do throws(IBKRError) { try gateway.submit(orders, acks) } catch { throw PluginError(error) }
  }

  mutating func cancel(_ ids: UnsafeBufferPointer<al_order_id_v1>, _ acks: UnsafeMutableBufferPointer<al_ack_v1>)
    throws(PluginError)
  {
    let gateway = try running()
    do throws(IBKRError) { try gateway.cancel(ids, acks) } catch { throw PluginError(error) }
  }

  mutating func replace(_ orders: UnsafeBufferPointer<al_order_v1>, _ acks: UnsafeMutableBufferPointer<al_ack_v1>)
    throws(PluginError)
  {
    let gateway = try running()
    do throws(IBKRError) { try gateway.replace(orders, acks) } catch { throw PluginError(error) }
  }

  mutating func openOrders(_ reports: inout ReportWriter) throws(PluginError) {
    let gateway = try running()
    do throws(IBKRError) { texts.write(try gateway.openOrders(), to: &reports) } catch { throw PluginError(error) }
  }

  mutating func executions(since time: Int64, _ reports: inout ReportWriter) throws(PluginError) {
    let gateway = try running()
    do throws(IBKRError) { texts.write(try gateway.executions(since: time), to: &reports) } catch {
      throw PluginError(error)
    }
  }

  mutating func positions() throws(PluginError) -> [Holding] {
    let gateway = try running()
    do throws(IBKRError) {
      return try gateway.positions().map {
        Holding(
          instrument: $0.instrument, symbol: $0.contract.symbol, quantity: $0.quantity, averageCost: $0.averageCost)
      }
    } catch { throw PluginError(error) }
  }

  mutating func account() throws(PluginError) -> Account {
    let gateway = try running()
    do throws(IBKRError) {
      let figures = try gateway.figures()
      return Account(
        account: figures.account, currency: figures.currency, equity: figures.equity, cash: figures.cash,
        buyingPower: figures.buyingPower)
    } catch { throw PluginError(error) }
  }

  private func running() throws(PluginError) -> Gateway {
    guard let gateway else { throw .state("the broker is not started") }
    return gateway
  }
}

/// The shared connection of these settings.
func connect(_ settings: GatewaySettings, _ host: Host) throws(PluginError) -> Gateway {
  let time = TimeSource(monotonic: TimeSource.system.monotonic, wall: { host.now })
  do throws(IBKRError) {
    return try GatewayRegistry.shared.acquire(settings, time: time, seed: host.random()) { level, text in
      host.log(LogLevel(rawValue: level.rawValue) ?? .info, text)
    }
  } catch { throw PluginError(error) }
}

/// Texts of rows that were asked for; they live until the next answer.
struct ReportTexts: ~Copyable {
  private var memory: [UnsafeMutableBufferPointer<CChar>] = []

  deinit { for block in memory { block.deallocate() } }

  mutating func write(_ rows: [OrderReport], to reports: inout ReportWriter) {
    for block in memory { block.deallocate() }
    memory.removeAll()
    for report in rows {
      var row = report.row
      let bytes = Array(report.text.utf8)
      if !bytes.isEmpty {
        let block = UnsafeMutableBufferPointer<CChar>.allocate(capacity: bytes.count)
        for (index, byte) in bytes.enumerated() { block.initializeElement(at: index, to: CChar(bitPattern: byte)) }
        memory.append(block)
        row.text = UnsafePointer(block.baseAddress)
        row.text_len = UInt32(clamping: bytes.count)
      }
      reports.append(row)
    }
  }
}

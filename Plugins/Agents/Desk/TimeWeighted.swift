import AlphaLoopSDK
import CAlphaLoop

/// Works a quantity in equal slices over equal times.
/// Bertsimas, Lo (1998), "Optimal control of execution costs", Journal of Financial Markets 1, section 2: with prices that
/// move by a random walk and impact that is linear and permanent, equal slices cost least.
///
/// Of N slices the k-th brings the total to floor(k Q / N) on the lot, so no rounding is left over: 1,003 in 10 are seven of
/// 100 and three of 101. What is less than a lot, which no lot-sized order can carry, goes with the last slice.
/// Slice k of 1...N is released at start + (k - 1) (end - start) / N. Slices of zero are left out; an end that is not after
/// the start (daily bars decided at the close) or not after now releases everything at once, as one order.
///
/// Rows, for every quantity to work (cause AL_CAUSE_WORK): market orders of what is neither filled nor working, limit orders
/// where the work has a limit price, with label k; signed as the quantity. Nothing else is answered.
struct TimeWeighted: Agent {
  static let descriptor = Descriptor(
    id: "desk.twap", name: "Time-weighted slices",
    summary: "Equal slices of a quantity over its time (Bertsimas, Lo 1998)",
    tier: .junior, inputs: .orders, outputs: .order,
    parameters: [.integer("slices", default: 10, in: 1...mostSlices, "slices of a quantity")],
    maxRows: mostSlices)

  private static let mostSlices = 100

  private let slices: Int
  private let lots: [Int64]

  init(_ setup: Setup) throws(PluginError) {
    slices = try setup.parameters.integer("slices")
    lots = setup.universe.map { max(1, $0.lot) }
  }

  var needs: Needs { Needs(lookback: 1, warmUp: 0, triggers: AL_CAUSE_WORK, columns: 0) }

  mutating func evaluate(_ input: Input, _ output: inout Output) {
    guard input.cause & AL_CAUSE_WORK != 0 else { return }
    for work in input.work {
      guard Int(work.instrument) < lots.count else { continue }
      schedule(work, now: input.asOf, &output)
    }
  }

  private func schedule(_ work: al_work_v1, now: Int64, _ output: inout Output) {
    let (rest, overflow) = work.remaining.subtractingReportingOverflow(work.working)
    // More is working than remains: nothing to add, and a child on the other side would undo the parent.
    guard !overflow, rest != 0, work.remaining.signum() == rest.signum() else { return }
    let start = max(work.start_ns, now)
    let lot = lots[Int(work.instrument)]
    let whole = rest / lot
    let span = Int128(work.end_ns) - Int128(start)
    let count = span > 0 ? slices : 1
    var sent: Int64 = 0
    for k in 1...count {
      let total = k == count ? rest : Int64(Int128(whole) * Int128(k) / Int128(count)) * lot
      guard total != sent else { continue }
      let release = k == 1 && start == now ? 0 : Int64(clamping: Int128(start) + span * Int128(k - 1) / Int128(count))
      output.order(
        OrderRequest(
          instrument: Int(work.instrument), quantity: total - sent,
          type: work.limit_price == 0 ? AL_ORDER_MARKET : AL_ORDER_LIMIT, limitPrice: work.limit_price,
          release: span > 0 ? release : 0, label: UInt32(k)))
      sent = total
    }
  }
}

/// Divides a whole number exactly over weights by the largest remainder (Hamilton's method): each part is its exact share
/// rounded down, and the units left over go to the largest remainders, ties to the earlier. A negative total gives the
/// negatives of the parts of its magnitude.
///
/// - Parameter weights: at least one, each at least 0, not all 0.
/// - Returns: parts that sum to `total`.
func apportioned(_ total: Int64, over weights: [Int64]) -> [Int64] {
  let sum = weights.reduce(Int128(0)) { $0 + Int128($1) }
  precondition(sum > 0, "apportioning needs a positive weight")
  let size = Int128(total.magnitude)
  var parts: [Int64] = []
  var remainders: [(remainder: Int128, index: Int)] = []
  var left = size
  for (index, weight) in weights.enumerated() {
    let (part, remainder) = (size * Int128(weight)).quotientAndRemainder(dividingBy: sum)
    parts.append(Int64(truncatingIfNeeded: total < 0 ? -part : part))
    left -= part
    remainders.append((remainder, index))
  }
  remainders.sort { $0.remainder != $1.remainder ? $0.remainder > $1.remainder : $0.index < $1.index }
  for entry in remainders.prefix(Int(left)) { parts[entry.index] += total < 0 ? -1 : 1 }
  return parts
}

/// Divides `total` over `quantities` in proportion, exactly, by differences of rounded running sums: each part is within
/// one unit of its share, whatever the signs, and the sum is `total` when the quantities sum to `whole`. Of nothing (`whole`
/// is zero) the first takes all.
func telescoped(_ total: Int64, over quantities: [Int64], whole: Int64) -> [Int64] {
  var running = Int128(0)
  var before = Int128(0)
  return quantities.map { quantity in
    running += Int128(quantity)
    let upTo = whole == 0 ? Int128(total) : dividedHalfEven(Int128(total) * running, by: Int128(whole))
    defer { before = upTo }
    return Int64(clamping: upTo - before)
  }
}

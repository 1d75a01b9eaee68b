/// Suggests the word a typing mistake was meant to be.
public enum NearestWord {
  /// Damerau-Levenshtein distance with adjacent transpositions (optimal string alignment): the number of insertions,
  /// deletions, substitutions and swaps of neighbours that turn one word into the other.
  /// Source: F. J. Damerau, "A technique for computer detection and correction of spelling errors", CACM 7(3), 1964.
  public static func distance(_ left: String, _ right: String) -> Int {
    let a = Array(left.unicodeScalars)
    let b = Array(right.unicodeScalars)
    var twoBack = [Int](repeating: 0, count: b.count + 1)
    var previous = Array(0...b.count)
    var current = previous
    for i in 0..<a.count {
      current[0] = i + 1
      for j in 0..<b.count {
        let substitution = previous[j] + (a[i] == b[j] ? 0 : 1)
        var best = min(substitution, previous[j + 1] + 1, current[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, twoBack[j - 1] + 1) }
        current[j + 1] = best
      }
      (twoBack, previous, current) = (previous, current, twoBack)
    }
    return previous[b.count]
  }

  /// The candidate closest to `word`, the first of equals, or the only one it abbreviates; nil when even the closest shares
  /// less than half of it, because a far-fetched suggestion misleads.
  public static func nearest(to word: String, in candidates: [String]) -> String? {
    let length = word.unicodeScalars.count
    guard length <= 128 else { return nil }  // bounds the work for a hostile key
    var best: (word: String, distance: Int)?
    for candidate in candidates {
      let found = distance(word.lowercased(), candidate.lowercased())
      let longest = max(length, candidate.unicodeScalars.count)
      guard found * 2 <= longest, found < best?.distance ?? Int.max else { continue }
      best = (candidate, found)
    }
    if let best { return best.word }
    // An abbreviation is far in letters and near in meaning.
    let completions = candidates.filter { length >= 3 && $0.lowercased().hasPrefix(word.lowercased()) }
    return completions.count == 1 ? completions[0] : nil
  }

  /// The end of a message about an unknown word: the nearest valid one, or all of them.
  public static func advice(for word: String, in candidates: [String], noun: String) -> String {
    if let nearest = nearest(to: word, in: candidates) { return "did you mean '\(nearest)'?" }
    if candidates.isEmpty { return "there is none to choose from" }
    let shown = candidates.prefix(24).joined(separator: ", ")
    return "\(noun): \(shown)\(candidates.count > 24 ? ", ..." : "")"
  }
}

import CAlphaLoop
import Testing

@Suite("learner.ridge through its shared library")
struct RidgeTests {
  func learner(lambda: Double) throws -> LearnerUnderTest {
    let plugin = try PluginUnderTest(Libraries.product("ridge"), "learner.ridge", ["lambda": .number(lambda)])
    #expect(plugin.start().status == AL_OK)
    return LearnerUnderTest(plugin, try #require(plugin.interface("alphaloop.learner/1", as: al_learner_v1.self)))
  }

  static let rows: [[Float]] = [[1, 2, 0.5], [2, 1, 0.5], [3, 5, 0.5], [4, 3, 0.5], [5, 8, 0.5], [6, 4, 0.5]]
  static let labels = [1.0, 2.5, 2.0, 4.5, 4.0, 6.5]
  static let questions: [[Float]] = [[0, 0, 0.5], [7, 7, 0.5], [2.5, 3.5, 9]]

  @Test("one feature by hand: x 0 and 2, y 1 and 3, lambda 2 gives 2 + 0.5 (x - 1)")
  func hand() throws {
    let model = try learner(lambda: 2)
    #expect(model.train([[0], [2]], [1, 3]).status == AL_OK)
    #expect(model.predict([[0], [3]]).1 == [1.5, 3.0])
  }

  /// The expected values are numpy 2's: numpy.linalg.solve on the standardised normal equations; lambda 0 agrees with
  /// numpy.linalg.lstsq on the raw features to 1e-14. The third feature is constant and takes no part.
  @Test(
    "agrees with numpy, weighted and not",
    arguments: [
      (1.0, nil, [0.7132747029842146, 6.245589107679354, 2.5008055600942676]),
      (0.0, nil, [0.3076923076923075, 6.769230769230768, 2.25]),
      (2.5, [1, 2, 1, 0.5, 1, 3], [1.0219707990420805, 6.285963614557096, 2.8030554020116885]),
    ] as [(Double, [Double]?, [Double])])
  func numpy(lambda: Double, weights: [Double]?, expected: [Double]) throws {
    let model = try learner(lambda: lambda)
    #expect(model.train(Self.rows, Self.labels, weights: weights).status == AL_OK)
    let got = model.predict(Self.questions).1
    for (g, e) in zip(got, expected) { #expect(abs(g - e) < 1e-13) }
  }

  @Test("rows with a missing value and rows for validation do not take part")
  func missing() throws {
    let model = try learner(lambda: 2)
    let rows: [[Float]] = [[0], [.nan], [2], [100], [7]]
    #expect(model.train(rows, [1, 50, 3, .nan, 900], validation: 1).status == AL_OK)
    #expect(model.predict([[0], [3]]).1 == [1.5, 3.0])
    // The same with the last row trained on is something else.
    #expect(model.train(rows, [1, 50, 3, .nan, 900]).status == AL_OK)
    #expect(model.predict([[0], [3]]).1 != [1.5, 3.0])
  }

  @Test("a row with a missing feature is predicted as NaN, and its neighbours as ever")
  func missingPrediction() throws {
    let model = try learner(lambda: 2)
    _ = model.train([[0], [2]], [1, 3])
    let got = model.predict([[0], [.nan], [3]]).1
    #expect(got[0] == 1.5 && got[1].isNaN && got[2] == 3.0)
  }

  @Test("dependent features need a penalty, and the text says so")
  func singular() throws {
    let rows: [[Float]] = [[1, 2], [2, 4], [3, 6]]
    let outcome = try learner(lambda: 0).train(rows, [1, 2, 3])
    #expect(outcome.status == AL_E_DATA)
    #expect(outcome.text.contains("feature 1 depends on the features before it; raise 'lambda'"))
    #expect(try learner(lambda: 1e-3).train(rows, [1, 2, 3]).status == AL_OK)
  }

  @Test("too few rows, another task and a host that stops are refused")
  func refusals() throws {
    let model = try learner(lambda: 1)
    #expect(model.train([[1], [.nan]], [1, 2]).text.contains("1 usable rows of 2"))
    #expect(model.train([[1], [2]], [0, 1], task: AL_TASK_BINARY).status == AL_E_UNSUPPORTED)
    model.plugin.host.isStopping = true
    #expect(model.train([[1], [2]], [0, 1]).status == AL_E_CANCELLED)
    #expect(model.predict([[1]]).0.status == AL_E_STATE)
  }

  @Test("a saved model predicts the same bits after loading, and saves the same bytes")
  func roundTrip() throws {
    let first = try learner(lambda: 1)
    _ = first.train(Self.rows, Self.labels)
    let bytes = try first.save()
    let second = try learner(lambda: 99)
    #expect(second.load(bytes).status == AL_OK)
    #expect(second.predict(Self.questions).1.map(\.bitPattern) == first.predict(Self.questions).1.map(\.bitPattern))
    #expect(try second.save() == bytes)
  }

  @Test("any changed byte, a cut and another version are refused, and the old model stays")
  func damaged() throws {
    let model = try learner(lambda: 1)
    _ = model.train(Self.rows, Self.labels)
    let bytes = try model.save()
    for i in bytes.indices {
      var changed = bytes
      changed[i] ^= 0x40
      #expect(model.load(changed).status == AL_E_DATA, "byte \(i)")
    }
    #expect(model.load(Array(bytes.dropLast())).status == AL_E_DATA)
    #expect(model.load([]).status == AL_E_DATA)
    var later = bytes
    later[4] = 2
    #expect(model.load(later).text.contains("version 2"))
    #expect(try model.save() == bytes)
  }

  @Test("rows of another width are refused")
  func width() throws {
    let model = try learner(lambda: 1)
    _ = model.train(Self.rows, Self.labels)
    #expect(model.predict([[1, 2]]).0.text.contains("trained on 3 features; these rows have 2"))
  }
}

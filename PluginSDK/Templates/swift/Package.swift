// swift-tools-version: 6.2
import PackageDescription

// build.sh sets ALPHALOOP_SDK, the folder of the plugin SDK.
guard let sdk = Context.environment["ALPHALOOP_SDK"] else {
  fatalError("ALPHALOOP_SDK is not set: build with ./build.sh, or set it to the PluginSDK folder of Alpha Loop")
}

let package = Package(
  name: "__NAME__",
  products: [.library(name: "__NAME__", type: .dynamic, targets: ["__NAME__"])],
  dependencies: [.package(name: "AlphaLoopSDK", path: sdk)],
  targets: [
    .target(
      name: "__NAME__",
      dependencies: [.product(name: "AlphaLoopSDK", package: "AlphaLoopSDK")],
      path: "Sources",
      swiftSettings: [.unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))],
      // A plugin exports one symbol. The path is absolute, so that it holds wherever the build runs.
      linkerSettings: [
        .unsafeFlags(["-Xlinker", "--version-script=\(Context.packageDirectory)/plugin.map"]),
        // The host hashes every byte of a plugin that it loads; names of functions stay.
        .unsafeFlags(["-Xlinker", "--strip-debug"], .when(configuration: .release)),
      ])
  ],
  swiftLanguageModes: [.v6]
)

import NIOCore
import NIOPosix

/// The receiving end of a ``GossipNode``: hands datagrams to the core, and tells it when the
/// channel is gone. Loop-bound.
final class GossipReceiver: ChannelInboundHandler {
  typealias InboundIn = AddressedEnvelope<ByteBuffer>

  /// Longer datagrams arrive truncated to this, which is more than any of ours has.
  private static var datagramBytes: Int { 1536 }
  private static var datagramsPerRead: Int { 16 }

  weak var core: GossipCore?

  static func open(
    _ socket: UDPSocket, on eventLoop: any EventLoop
  ) throws -> EventLoopFuture<any Channel> {
    DatagramBootstrap(group: eventLoop)
      .channelOption(.datagramVectorReadMessageCount, value: datagramsPerRead)
      .channelOption(
        .recvAllocator,
        value: FixedSizeRecvByteBufferAllocator(capacity: datagramBytes * datagramsPerRead)
      )
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(GossipReceiver())
        }
      }
      .withBoundSocket(try socket.duplicate())
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let envelope = unwrapInboundIn(data)
    core?.received(envelope.data, from: envelope.remoteAddress)
  }

  func channelReadComplete(context: ChannelHandlerContext) { core?.publish() }

  func channelInactive(context: ChannelHandlerContext) {
    core?.channelClosed()
    context.fireChannelInactive()
  }

  /// Some errors are about one datagram only; those that are not close the channel.
  func errorCaught(context: ChannelHandlerContext, error: any Error) {}
}

/**
 * Node's options of the meters, whose memory is 512 MB. Lambda's own depend on the memory, and it leaves them out where
 * one is set; so both are: a young generation that is no larger than deliveries need, and an old one that leaves room beside it.
 */
export const METER_NODE_OPTIONS = "--max-semi-space-size=16 --max-old-space-size=384";

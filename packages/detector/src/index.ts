/**
 * 3D boxes, anchors, matching, coding and NMS; the pyramid network; whole-scan inference.
 *
 * @module
 */
export {};

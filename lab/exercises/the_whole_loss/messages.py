"""What is told to who made a mistake: what it was, and what to think about."""

MESSAGES = {
    "void counted": "void pixels take part. A pixel with class -1 is in no term: not as background, not as a pixel of "
    "its instance, not in the number that the seed term is divided by.",
    "void in the hinge": "void pixels go into the hinge, as if they were background. Nobody knows what is there: hand "
    "only valid pixels to it.",
    "divided by all pixels": "the seed term is divided by the number of all pixels. Divide by the number of valid "
    "ones: void is neither summed nor counted.",
    "mean over the batch": "instances are averaged over the whole batch at once. First the mean within each image, "
    "then the mean over images: else an image with many objects would outweigh one with few.",
    "pixels of the batch": "the seed term is averaged over the valid pixels of the whole batch. First each image by "
    "itself, divided by its own valid pixels; then the mean over images.",
    "sum over images": "the images of the batch are added up. Take their mean: else a larger batch has a larger loss.",
    "sum over instances": "the instances of an image are added up. Take their mean, 1/K of the sum.",
    "empty image left out": "an image without instances is left out of the batch's mean. It adds 0 to the first two "
    "terms, and it is counted.",
    "one pixel's centre": "the centre is one pixel's embedding. That is what inference does; training knows the mask, "
    "and takes the mean over all pixels of the instance.",
    "centroid": "the centre is the mean of the pixels' positions, the centroid. Asked for is the learned centre: the "
    "mean of their embeddings.",
    "no ten": "the sharpness is exp(b). It is exp(10 b): with b = 1 your σ would be 439 px rather than 4.9.",
    "mean of κ": "the mean over an instance is taken of κ. It is taken of b, before the exponential: a single pixel "
    "with a large b would else set the margin of all.",
    "logits φ": "φ itself goes into the hinge. Its logits are 2φ - 1, so that a membership of one half is undecided.",
    "own pixels only": "the hinge sees the instance's own pixels only, so no pixel of the background, and none of "
    "another object, is ever told to stay out. It goes over all valid pixels of the image.",
    "hinge per row": "the hinge sorts the pixels along the last axis. Of maps [H, W] it makes a hinge for every row: "
    "hand it all valid pixels of the image as one list, as in phi[valid].",
    "any object": "the hinge's labels are the pixels of all objects. It is a separate question for every instance: is "
    "this pixel of this very one? The pixels of the others have to stay out.",
    "smoothness on 10 b": "the smoothness term sees 10 b, and so is a hundred times too large. It sees b.",
    "no foreground weight": "a pixel of an object weighs as much as one of the background in the seed term. It weighs "
    "w_fg = 10: objects are few pixels.",
    "mean over classes": "the seed term is divided by the number of classes as well. It is a sum over classes, divided "
    "by the valid pixels alone.",
    "0/0": "an image without a valid pixel: 0/0. Divide by valid.sum().clamp(min=1).",
    "seed target 1": "the seed map is asked to be 1 on objects. It is asked to be φ, how well this pixel's embedding "
    "sits at its centre.",
    "other classes left out": "in the seed term only pixels of no instance are background. For class c every valid "
    "pixel that is not of class c is background, also where an object of another class stands.",
    "weights inside": "the terms come out already weighted. They are returned as they are; 1, 10 and 1 come in where "
    "they are summed.",
    "no stop-gradient": "its values are right, but the seed term pulls at embeddings and bandwidths: its target φ is "
    "not held fixed. Detach it.",
}

"""Cityscapes' label ids, as far as ToyScapes paints them."""

UNLABELED, STATIC, ROAD, SIDEWALK, BUILDING, WALL = 0, 4, 7, 8, 11, 12
POLE, TRAFFIC_LIGHT, TRAFFIC_SIGN, VEGETATION, TERRAIN, SKY = 17, 19, 20, 21, 22, 23
PERSON, RIDER, CAR, TRUCK, BUS, TRAIN, MOTORCYCLE, BICYCLE = 24, 25, 26, 27, 28, 31, 32, 33

# In the order of our class indices 1..8.
INSTANCE_LABELS = (PERSON, RIDER, CAR, TRUCK, BUS, TRAIN, MOTORCYCLE, BICYCLE)

# A region of an instance class without an instance number is a group in Cityscapes: readers make it void.
INSTANCE_FACTOR = 1000

"""`make demo`: the main job of the hall on real input, told in Chinese step by step."""

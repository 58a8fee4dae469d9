"""The answers of manual 四 as whole lists: one file per screen, one per way of giving it out (导出, 打印, 复制)."""

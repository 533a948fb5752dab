"""A small shop in the form of ECom-Bench, with a record of each kind; its names and texts are made up."""

import copy
import json
from pathlib import Path
from typing import Any

SHOP = "s1"


def _address(**more: str) -> dict[str, str]:
    return {"国家": "中国", "省份": "云南省", "城市": "大理市", "区县": "古城区", "详细地址": "一号", **more}


def _order(
    order_id: str, status: str, lines: list[tuple[str, float, int]], total: float, paid_by: str
) -> dict[str, Any]:
    return {
        "用户ID": "u1",
        "订单ID": order_id,
        "订单状态": status,
        "订单总金额": total,
        "是否加急": True,
        "订单商品列表": [{"商品ID": p, "单价": price, "数量": n} for p, price, n in lines],
        "收货地址": _address(收件人姓名="甲乙", 电话号码="100"),
        "支付方式": paid_by,
    }


def _event(at: str, status: str, key: str = "状态") -> dict[str, Any]:
    return {"时间": at, key: status, "位置": None, "描述": f"包裹{status}了", "操作人": f"员{status}"}


def _parcel(events: list[dict[str, Any]], arrived: str | None) -> dict[str, Any]:
    return {
        "物流单号": "N1",
        "物流公司": "京东快递",
        "预计送达时间": "2025-04-07 14:00:00",
        "实际送达时间": arrived,
        "收件人信息": {"收件人姓名": "甲乙", "收件人电话": "100", "收件人地址": "云南"},
        "物流轨迹": events,
    }


def _product(product_id: str, price: float, status: str = "已上架", **more: Any) -> dict[str, Any]:
    return {
        "商品ID": product_id,
        "商品名称": f"山水（Shanshui）水壶{product_id}",
        "商品状态": status,
        "商品价格": price,
        "商品描述": "能装水",
        "可换货商品": [{"商品ID": "p9", "商品描述": "大一号的水壶", "商品状态": "缺货"}],
        "赠品信息": [{"赠品名称": "杯垫", "赠品描述": "随包裹寄出"}],
        "辅材材料": [{"辅材名称": "滤网", "辅材描述": "三元一片"}],
        "安装说明": "无需安装",
        "维修说明": "坏了修一年",
        "常见故障": [{"故障代码": "E7", "故障名称": "漏水", "故障解决方案": "拧紧"}],
        **more,
    }


FILES: dict[str, Any] = {
    "products": {"jd": {SHOP: {
        "p1": _product("p1", 12.5, 赠品信息=[], 辅材材料=[{"name": "壶盖", "description": "五元"}]),
        "p2": _product("p2", 30, "已下架"),
    }}},
    "users_info": {"u1": {
        "用户ID": "u1", "电话号码": "100", "用户姓名": "甲乙", "性别": "女", "年龄": 41, "电子卡余额": 88,
        "地址信息": _address(),
    }},
    "orders": {"jd": {SHOP: {"u1": {
        "o1": _order("o1", "已付款", [("p1", 12.5, 2)], 20, "京东E卡"),
        "o2": _order("o2", "已签收", [("p2", 30, 1)], 30, "微信"),
        "o3": _order("o3", "处理中", [("p1", 12.5, 1), ("p2", 30, 1)], 42.5, "银行卡"),
    }}}},
    "logistics": {"jd": {SHOP: {"u1": {
        "o1": _parcel([_event("2025-04-01 00:30:00", "已创建")], "2025-04-03 10:00:00"),
        "o2": _parcel(
            [_event("2025-04-01 08:00:00", "已创建"), _event("2025-04-01 08:05:00", "已付款"),
             _event("2025-04-01T20:00:00", "已揽收"), _event("2025-04-02 09:00:00", "派送中"),
             _event("2025-04-02 11:00:00", "已签收", key="status")], "2025-04-02 11:30:00"),
        "gone": _parcel([_event("2025-04-01 08:00:00", "已创建")], None),
    }}}},
    "invoices": {
        "o2": {"订单ID": "o2", "发票类型": "个人发票", "发票抬头": "甲乙", "电话号码": "100"},
        "x1": {"订单ID": "x1", "发票类型": "个人发票", "发票抬头": "甲乙", "电话号码": "100"},
        "x2": {"订单ID": "x2", "发票类型": "个人发票", "发票抬头": "丙", "电话号码": "200"},
    },
    "discount": {"jd": {SHOP: {
        "政策名称": "换新", "有效期": "五月", "来源": "传单",
        "详情": [{"类型": "补贴", "描述": "省一成", "示例": "十元减一元"},
                 {"类型": "会员", "描述": "再省", "备注": "限周末"}],
    }}},
    "service": {"jd": {SHOP: {"u1": {"o2": {
        "服务类型": "上门", "店铺ID": SHOP, "用户ID": "u1", "订单ID": "o2", "平台": "jd", "电话号码": "100",
        "用户姓名": "甲乙", "预约日期": "周日",
    }}}}},
}  # fmt: skip


def an_ecom_shop() -> dict[str, Any]:
    """The files' contents by name, to change."""
    return copy.deepcopy(FILES)


def write_ecom_shop(folder: Path, files: dict[str, Any]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / f"{name}.json").write_text(json.dumps(content, ensure_ascii=False), encoding="utf-8")
    return folder

"""Advantages added up term by term."""

Step = tuple[float, float, float, bool, bool]


def double_sum(rows: list[Step], gamma: float, lam: float) -> list[float]:
    """A_t as the sum of (γλ)^k δ_{t+k} up to the end of the episode or of the batch, term by term."""
    deltas = [
        reward + (0.0 if terminated else gamma * next_value) - value
        for reward, value, next_value, terminated, _ in rows
    ]
    advantages = []
    for t in range(len(rows)):
        total = 0.0
        for k in range(t, len(rows)):
            total += (gamma * lam) ** (k - t) * deltas[k]
            if rows[k][3] or rows[k][4]:
                break
        advantages.append(total)
    return advantages

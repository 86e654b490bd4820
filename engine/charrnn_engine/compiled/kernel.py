"""Steps and draws of many rows, compiled by numba. All of it stands in one file: numba keeps what it has compiled on
disk, and makes it anew when the file has changed that a function comes from, but none that it calls.

The formulas are those of `layers`, `sampler` and `distribution`. What differs is rounding: products are summed up
from the first number to the last, and tanh and exp have last bits of their own.
"""

import math
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import njit, types
from numba.extending import intrinsic

LSTM, GRU, GRU_RESET_BEFORE, SIMPLE_RNN = range(4)
"""Kinds of cells."""

KIND, UNITS, WIDTH, BELOW, OWN, CARRIED, ADDENDS, RECURRENT, INPUTS, CANDIDATE, DESCRIBED = range(11)
"""What describes a layer: its kind and units; the columns that each gate takes; where in a row's state the hidden
state below stands (in the first layer -1), its own hidden state, and the carried one; where in the weights stand what
is added to the gates, in the first layer a row for each token, and the panels of its matrices. An LSTM's and a
SimpleRNN's RECURRENT takes the hidden state below and its own, side by side.
"""

INVERSE, NEARNESS, WAY, TOP_K, TOP_P, MIN_P, CONTROLS = range(7)
"""What is told of a row's controls: 1 over the temperature; how near a border other last bits could decide; how to
draw; and the filters, which keep everything at 0, 2 and -1.
"""

PLAINLY, FILTERED, GREEDY = range(3)
"""Ways to draw."""

PROBABILITY, MODEL_PROBABILITY, ENTROPY = range(3)
"""What is told of a token drawn."""

LANES = 16
"""Columns of a panel: as many numbers as the widest vectors have."""

TILE = 8 if binding.get_host_cpu_features().get("avx512f") else 4
"""Rows that are multiplied at a time, so that all sums stay in the processor's registers."""

NOTHING = -1e30
"""A logit that exp makes 0 of, also times 0 it is 0."""

_f = np.float32
_LOG2_E, _LN2 = 1 / math.log(2), math.log(2)
_LOG2_E_F, _LN2_HIGH, _LN2_LOW = _f(_LOG2_E), _f(0.693145751953125), _f(_LN2 - 0.693145751953125)
_ROUNDING = _f(1.5 * 2.0**23)  # added to a number it leaves no room for a fraction
_ONE, _TWO, _FURTHEST = _f(1), _f(2), _f(87)  # as far from 0 exp of a float32 is a normal number
_LARGEST, _SMALL = _f(9.1), _f(0.625)  # beyond the one tanh is 1, below the other 1 - tanh would lose digits
# Polynomials, fitted at 400 Chebyshev nodes: exp(r) = 1 + r + r^2 p(r) within ln(2) / 2 of 0 is off by 4.2e-9 of it,
# and tanh(x) = x + x^3 q(x^2) below 0.625 by 1.5e-8.
_EXP = tuple(map(_f, (0.5, 0.16666515, 0.041666262, 0.008369223, 0.0013946561)))
_TANH = tuple(map(_f, (-0.33333328, 0.13332783, -0.0538525, 0.02100364, -0.0061049457)))

_intrinsic: Any = intrinsic  # what it makes is called with one argument less
_OPTIONS: dict[str, Any] = {"nogil": True, "boundscheck": False, "error_model": "numpy"}
_as_written: Any = njit(fastmath={"contract"}, **_OPTIONS)
_in_any_order: Any = njit(fastmath={"contract", "reassoc", "nsz"}, **_OPTIONS)


@_intrinsic
def _add_tile(context, out, out_size, rows, row_size, panel, size):
    """Adds to TILE rows of LANES sums, `out_size` numbers apart, the product of TILE rows of `size` numbers,
    `row_size` apart, with a panel (size, LANES). `out`, `rows` and `panel` are addresses.

    Written in LLVM's own terms, because a loop over arrays does not keep its sums in registers: this way it is as
    fast as the processor can multiply.
    """

    def build(context, builder, signature, arguments):
        out, out_size, rows, row_size, panel, size = arguments
        number, word, index = ir.FloatType(), ir.IntType(64), ir.IntType(32)
        vector = ir.VectorType(number, LANES)
        fma_name = f"llvm.fmuladd.v{LANES}f32"
        fma = builder.module.globals.get(fma_name) or ir.Function(
            builder.module, ir.FunctionType(vector, [vector] * 3), fma_name
        )

        def address(start, count, stride, kind):
            distance = builder.mul(builder.mul(count, stride), ir.Constant(word, 4))
            return builder.inttoptr(builder.add(start, distance), kind.as_pointer())

        row_numbers = [ir.Constant(word, row) for row in range(TILE)]
        targets = [address(out, row, out_size, vector) for row in row_numbers]
        starts = [builder.load(target, align=4) for target in targets]
        before, loop, after = builder.block, builder.append_basic_block(), builder.append_basic_block()
        builder.branch(loop)
        builder.position_at_end(loop)
        k = builder.phi(word)
        sums = [builder.phi(vector) for _ in range(TILE)]
        weights = builder.load(address(panel, k, ir.Constant(word, LANES), vector), align=4)
        inputs = builder.add(rows, builder.mul(k, ir.Constant(word, 4)))
        undefined = ir.Constant(vector, ir.Undefined)
        everywhere = ir.Constant(ir.VectorType(index, LANES), [0] * LANES)
        new_sums = []
        for row, so_far in zip(row_numbers, sums, strict=True):
            one = builder.load(address(inputs, row, row_size, number))
            first = builder.insert_element(undefined, one, ir.Constant(index, 0))
            alike = builder.shuffle_vector(first, undefined, everywhere)
            new_sums.append(builder.call(fma, [alike, weights, so_far]))
        following = builder.add(k, ir.Constant(word, 1))
        k.add_incoming(ir.Constant(word, 0), before)
        k.add_incoming(following, loop)
        for so_far, start, new in zip(sums, starts, new_sums, strict=True):
            so_far.add_incoming(start, before)
            so_far.add_incoming(new, loop)
        builder.cbranch(builder.icmp_signed("<", following, size), loop, after)
        builder.position_at_end(after)
        for new, target in zip(new_sums, targets, strict=True):
            builder.store(new, target, align=4)
        return context.get_dummy_value()

    return types.void(*[types.intp] * 6), build


@_intrinsic
def _power(context, shifted):
    """2 to the whole number that has been added to _ROUNDING: its last bits are the exponent's."""

    def build(context, builder, signature, arguments):
        word = ir.IntType(32)
        exponent = builder.shl(builder.bitcast(arguments[0], word), ir.Constant(word, 23))
        return builder.bitcast(builder.add(exponent, ir.Constant(word, 127 << 23)), arguments[0].type)

    return types.float32(types.float32), build


@_as_written
def _add_product(out, out_size, rows, count, row_size, panels, size, columns):
    """Adds to `out` (count, columns), rows `out_size` apart, the product of `rows` (count, size), `row_size` apart,
    with panels. `out`, `rows` and `panels` are addresses, `count` is a multiple of TILE and `columns` of LANES.
    """
    for column in range(0, columns, LANES):
        for row in range(0, count, TILE):
            _add_tile(
                out + 4 * (row * out_size + column),
                out_size,
                rows + 4 * row * row_size,
                row_size,
                panels + 4 * column * size,
                size,
            )


@_as_written
def _copy(numbers, out):
    for j in range(len(numbers)):
        out[j] = numbers[j]


@_as_written
def _exp(x):
    """Of a float32 that is no further from 0 than 87, off by 1.2e-7 of it at most."""
    shifted = x * _LOG2_E_F + _ROUNDING
    n = shifted - _ROUNDING
    r = (x - n * _LN2_HIGH) - n * _LN2_LOW
    p = (((_EXP[4] * r + _EXP[3]) * r + _EXP[2]) * r + _EXP[1]) * r + _EXP[0]
    return (p * r * r + r + _ONE) * _power(shifted)


@_as_written
def exp(x):
    """Of a float32; of what is further from 0 than 87, as if it weren't."""
    return _exp(_FURTHEST if x > _FURTHEST else -_FURTHEST if x < -_FURTHEST else x)  # NaN stays


@_as_written
def tanh(x):
    """Of a float32, off by 9e-8 at most."""
    size = abs(x)
    t = size * size
    q = (((_TANH[4] * t + _TANH[3]) * t + _TANH[2]) * t + _TANH[1]) * t + _TANH[0]
    small = q * t * size + size
    large = _ONE - _TWO / (_exp(_TWO * (_LARGEST if size > _LARGEST else size)) + _ONE)
    return math.copysign(small if size < _SMALL else large, x)


@_as_written
def sigmoid_of_twice(x):
    """The half of what sigmoid is taken of is in the weights. Of a float32, off by 9e-8 at most."""
    return _ONE / (_ONE + exp(-_TWO * x))


@_as_written
def _step_lstm(i, f, o, candidate, carried, h):
    for j in range(len(h)):
        new = sigmoid_of_twice(i[j]) * tanh(candidate[j]) + sigmoid_of_twice(f[j]) * carried[j]
        carried[j] = new
        h[j] = sigmoid_of_twice(o[j]) * tanh(new)


@_as_written
def _step_gru(z, r, recurrent, candidate, h):
    for j in range(len(h)):
        new = tanh(candidate[j] + sigmoid_of_twice(r[j]) * recurrent[j])
        h[j] = new + sigmoid_of_twice(z[j]) * (h[j] - new)


@_as_written
def _reset_gru(r, h, reset):
    for j in range(len(h)):
        reset[j] = sigmoid_of_twice(r[j]) * h[j]


@_as_written
def _step_gru_reset_before(z, candidate, h):
    for j in range(len(h)):
        new = tanh(candidate[j])
        h[j] = new + sigmoid_of_twice(z[j]) * (h[j] - new)


@_as_written
def _step_simple(gates, h):
    for j in range(len(h)):
        h[j] = tanh(gates[j])


@_as_written
def _feed(weights, layers, state, ids, gates, reset):
    """Moves the state one token on."""
    rows, state_size, gates_size, reset_size = len(state), state.shape[1], gates.shape[1], reset.shape[1]
    to_weights, to_state, to_gates = weights.ctypes.data, state.ctypes.data, gates.ctypes.data
    for layer in layers:
        kind, units, width, own, below = layer[KIND], layer[UNITS], layer[WIDTH], layer[OWN], layer[BELOW]
        count = (4 if kind <= GRU else 3 if kind == GRU_RESET_BEFORE else 1) * width
        for row in range(rows):
            addends = layer[ADDENDS] + (ids[row] * count if below < 0 else 0)
            _copy(weights[addends : addends + count], gates[row])
        recurrent, inputs = to_weights + 4 * layer[RECURRENT], to_weights + 4 * layer[INPUTS]
        if kind in (LSTM, SIMPLE_RNN):
            start = own if below < 0 else below
            reads, size = to_state + 4 * start, own + units - start
            _add_product(to_gates, gates_size, reads, rows, state_size, recurrent, size, count)
        else:
            reads, size = to_state + 4 * own, units
            both = 3 * width if kind == GRU else 2 * width
            _add_product(to_gates, gates_size, reads, rows, state_size, recurrent, size, both)
            if below >= 0:
                reads, size, first = to_state + 4 * below, own - below, 2 * width
                _add_product(to_gates, gates_size, reads, rows, state_size, inputs, size, first)
                out, rest = to_gates + 4 * (count - width), inputs + 4 * first * size
                _add_product(out, gates_size, reads, rows, state_size, rest, size, width)
        if kind == GRU_RESET_BEFORE:
            for row in range(rows):
                h = state[row, own : own + units]
                _reset_gru(gates[row, width : width + units], h, reset[row])
            candidate = to_weights + 4 * layer[CANDIDATE]
            out = to_gates + 4 * 2 * width
            _add_product(out, gates_size, reset.ctypes.data, rows, reset_size, candidate, units, width)
        for row in range(rows):
            h = state[row, own : own + units]
            first = gates[row, :units]
            second = gates[row, width : width + units]
            third = gates[row, 2 * width : 2 * width + units]
            fourth = gates[row, 3 * width : 3 * width + units]
            if kind == LSTM:
                carried = state[row, layer[CARRIED] : layer[CARRIED] + units]
                _step_lstm(first, second, third, fourth, carried, h)
            elif kind == GRU:
                _step_gru(first, second, third, fourth, h)
            elif kind == GRU_RESET_BEFORE:
                _step_gru_reset_before(first, third, h)
            else:
                _step_simple(first, h)


@_as_written
def _greatest(numbers, lanes):
    """Of as many numbers as are a multiple of LANES; `lanes` is room for so many."""
    _copy(numbers[:LANES], lanes)
    for start in range(LANES, len(numbers), LANES):
        for j in range(LANES):
            if lanes[j] < numbers[start + j]:
                lanes[j] = numbers[start + j]
    found = lanes[0]
    for j in range(1, LANES):
        found = max(found, lanes[j])
    return found


@_as_written
def _exp_all(logits, greatest, inverse, out):
    """exp of logits that aren't above the greatest, over the temperature: 0 where that is next to nothing."""
    for j in range(len(out)):
        x = (logits[j] - greatest) * inverse
        e = _exp(-_FURTHEST if x < -_FURTHEST else x)
        out[j] = _f(0) if x < -_FURTHEST else e


@_in_any_order
def _sum(numbers):
    total = 0.0
    for j in range(len(numbers)):
        total += numbers[j]
    return total


@_in_any_order
def _weighted(logits, numbers):
    total = 0.0
    for j in range(len(numbers)):
        total += np.float64(logits[j]) * numbers[j]
    return total


@_as_written
def _filter(weights, top_k, top_p, min_p, negligible):
    """`filter_weights`, in place, and the `filter_margin` there was."""
    order = np.argsort(-weights, kind="mergesort")
    size, margin, whole = len(order), np.inf, _sum(weights)
    kept = size
    if 0 < top_k < size:
        kept = top_k
        if weights[order[kept]] > negligible * whole:
            margin = min(margin, 1 - weights[order[kept]] / weights[order[kept - 1]])
        whole = 0.0
        for place in range(kept):
            whole += weights[order[place]]
    in_question = kept
    if top_p <= 1:
        reached, keep, found = 0.0, kept, False
        for place in range(kept):
            reached += weights[order[place]]
            following = weights[order[place + 1]] if place + 1 < kept else 0.0
            if following > negligible * whole:
                margin = min(margin, abs(reached / whole - top_p))
            if not found and reached >= top_p * whole * (1 - 1e-12):
                keep, found = place + 1, True
                if following > negligible * whole:
                    margin = min(margin, 1 - following / weights[order[place]])
        kept = keep
    least = min_p * weights[order[0]]
    if min_p >= 0:
        for place in range(in_question):
            if weights[order[place]] > negligible * whole:
                margin = min(margin, abs(1 - least / weights[order[place]]))
    for place in range(size):
        if place >= kept or weights[order[place]] < least:
            weights[order[place]] = 0.0
    return margin


@_as_written
def _most_probable(logits):
    """The first of the greatest logits, and how much greater it is than the next."""
    chosen, second = 0, -np.inf
    for j in range(1, len(logits)):
        if logits[j] > logits[chosen]:
            chosen, second = j, logits[chosen]
        elif logits[j] > second:
            second = logits[j]
    return chosen, logits[chosen] - second


@_as_written
def _invert(weights, whole, u, nearness):
    """The first token whose cumulated weight exceeds u of the whole, and whether u is near a border of it."""
    target, below, chosen, last = u * whole, 0.0, 0, len(weights) - 1
    while chosen + 8 < last:  # eight at a time, as long as that doesn't go too far
        some = _sum(weights[chosen : chosen + 8])
        if below + some > target:
            break
        below += some
        chosen += 8
    while chosen < last and not below + weights[chosen] > target:
        below += weights[chosen]
        chosen += 1
    while chosen > 0 and weights[chosen] == 0.0:  # the target was rounded up to the whole
        chosen -= 1
    above, below = (below + weights[chosen]) / whole, below / whole
    near = above - u < nearness * above * (1 - above) or u - below < nearness * below * (1 - below)
    return chosen, near


@njit(
    "b1(f4[::1], i8[:,::1], i8[::1], i8[::1], i8, f4[:,::1], i8[::1], f4[:,::1], f4[:,::1], f4[:,::1], f4[:,::1],"
    "f8[:,::1], f8, f8, f8[:,::1], i8[:,::1], f8[:,:,::1], b1[:,::1])",
    fastmath={"contract"},
    cache=True,
    **_OPTIONS,
)
def run(
    weights,
    layers,
    head,
    never,
    eos,
    state,
    ids,
    gates,
    reset,
    logits,
    exps,
    controls,
    near_logits,
    negligible,
    u,
    drawn,
    figures,
    near,
):
    """Makes a step for each column of `u` (B, N): fills drawn (B, N), figures (3, B, N) and near (B, N), moves state
    and ids on. False where scores overflowed.

    head: where in a state its inputs stand, and how many they are; where in the weights its biases stand, and its
    panels; and how many tokens there are.
    """
    columns, known = logits.shape[1], head[4]
    reads, size, biases = state.ctypes.data + 4 * head[0], head[1], head[2]
    panels = weights.ctypes.data + 4 * head[3]
    thought, drawable, lanes = exps[0], exps[1], np.empty(LANES, np.float32)
    for step in range(u.shape[1]):
        _feed(weights, layers, state, ids, gates, reset)
        for row in range(len(ids)):
            _copy(weights[biases : biases + columns], logits[row])
        _add_product(logits.ctypes.data, columns, reads, len(ids), state.shape[1], panels, size, columns)
        for row in range(len(ids)):
            scores = logits[row]
            greatest = _greatest(scores, lanes)
            _exp_all(scores, greatest, _ONE, thought)
            total = _sum(thought)
            entropy = (math.log(total) - (_weighted(scores, thought) / total - greatest)) * _LOG2_E
            if not entropy < np.inf:  # also for NaN
                return False
            best = greatest
            for index in never:
                if scores[index] == greatest:
                    best = _f(-np.inf)
                scores[index] = -np.inf
            if best < greatest:
                best = _greatest(scores, lanes)
            inverse, nearness = controls[INVERSE, row], controls[NEARNESS, row]
            if controls[WAY, row] == GREEDY:
                chosen, gap = _most_probable(scores)
                near[row, step] = gap < near_logits
                probability = 1.0
            else:
                _exp_all(scores, best, _f(inverse), drawable)
                drawable[known:] = 0  # at a high temperature also what is next to nothing would weigh as much
                for index in never:
                    drawable[index] = 0
                margin = np.inf
                if controls[WAY, row] == FILTERED:
                    top_k, top_p, min_p = controls[TOP_K, row], controls[TOP_P, row], controls[MIN_P, row]
                    margin = _filter(drawable, int(top_k), top_p, min_p, negligible)
                whole = _sum(drawable)
                chosen, close = _invert(drawable[:known], whole, u[row, step], nearness)
                near[row, step] = close or margin < nearness
                probability = math.exp((np.float64(scores[chosen]) - best) * inverse) / whole
            figures[PROBABILITY, row, step] = probability
            figures[MODEL_PROBABILITY, row, step] = math.exp(np.float64(scores[chosen]) - greatest) / total
            figures[ENTROPY, row, step] = entropy
            drawn[row, step] = ids[row] = chosen
            if chosen == eos:
                state[row] = _f(0)
    return True

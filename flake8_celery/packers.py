"""What packs facts as lists, strings and numbers, and what unpacks them, for each class of the model.

Written by scripts/write_packers.py: do not edit.
"""

# mypy: ignore-errors

from __future__ import annotations

from sys import intern
from typing import Any, Callable, NoReturn

from . import model

new = object.__new__


def bad(data: object) -> NoReturn:
    raise ValueError(f"not a fact: {type(data).__name__}")


Scope = model.Scope
set_Scope_kind = model.Scope.kind.__set__
set_Scope_name = model.Scope.name.__set__
set_Scope_qualname = model.Scope.qualname.__set__
set_Scope_index = model.Scope.index.__set__
set_Scope_parent = model.Scope.parent.__set__
set_Scope_block = model.Scope.block.__set__
set_Scope_is_async = model.Scope.is_async.__set__
set_Scope_globals = model.Scope.globals.__set__
Span = model.Span
set_Span_line = model.Span.line.__set__
set_Span_column = model.Span.column.__set__
set_Span_end_line = model.Span.end_line.__set__
set_Span_end_column = model.Span.end_column.__set__
types_none = frozenset()
types_bool_or_float_or_int_or_str_or_None = frozenset({bool, float, int, str, type(None)})
Const = model.Const
set_Const_value = model.Const.value.__set__
Name = model.Name
set_Name_id = model.Name.id.__set__
Attr = model.Attr
set_Attr_base = model.Attr.base.__set__
set_Attr_attr = model.Attr.attr.__set__
Sub = model.Sub
set_Sub_base = model.Sub.base.__set__
set_Sub_index = model.Sub.index.__set__
CallRef = model.CallRef
set_CallRef_index = model.CallRef.index.__set__
Items = model.Items
set_Items_kind = model.Items.kind.__set__
set_Items_items = model.Items.items.__set__
Dict = model.Dict
set_Dict_items = model.Dict.items.__set__
set_Dict_spans = model.Dict.spans.__set__
Op = model.Op
set_Op_operator = model.Op.operator.__set__
set_Op_operands = model.Op.operands.__set__
Choice = model.Choice
set_Choice_test = model.Choice.test.__set__
set_Choice_body = model.Choice.body.__set__
set_Choice_orelse = model.Choice.orelse.__set__
Format = model.Format
set_Format_parts = model.Format.parts.__set__
ScopeRef = model.ScopeRef
set_ScopeRef_index = model.ScopeRef.index.__set__
Star = model.Star
set_Star_value = model.Star.value.__set__
Await = model.Await
set_Await_value = model.Await.value.__set__
Comp = model.Comp
set_Comp_kind = model.Comp.kind.__set__
set_Comp_element = model.Comp.element.__set__
set_Comp_sources = model.Comp.sources.__set__
Opaque = model.Opaque
set_Opaque_kind = model.Opaque.kind.__set__
Param = model.Param
set_Param_name = model.Param.name.__set__
set_Param_kind = model.Param.kind.__set__
set_Param_default = model.Param.default.__set__
set_Param_annotation = model.Param.annotation.__set__
types_str_or_None = frozenset({str, type(None)})
Handler = model.Handler
set_Handler_types = model.Handler.types.__set__
set_Handler_name = model.Handler.name.__set__
set_Handler_block = model.Handler.block.__set__
set_Handler_span = model.Handler.span.__set__
Block = model.Block
set_Block_kind = model.Block.kind.__set__
set_Block_parent = model.Block.parent.__set__
set_Block_span = model.Block.span.__set__
set_Block_test = model.Block.test.__set__
set_Block_handlers = model.Block.handlers.__set__
set_Block_owner = model.Block.owner.__set__
set_Block_is_async = model.Block.is_async.__set__
Call = model.Call
set_Call_func = model.Call.func.__set__
set_Call_args = model.Call.args.__set__
set_Call_keywords = model.Call.keywords.__set__
set_Call_block = model.Call.block.__set__
set_Call_span = model.Call.span.__set__
set_Call_use = model.Call.use.__set__
Assign = model.Assign
set_Assign_target = model.Assign.target.__set__
set_Assign_operator = model.Assign.operator.__set__
set_Assign_value = model.Assign.value.__set__
set_Assign_block = model.Assign.block.__set__
set_Assign_span = model.Assign.span.__set__
Import = model.Import
set_Import_name = model.Import.name.__set__
set_Import_target = model.Import.target.__set__
set_Import_loads = model.Import.loads.__set__
set_Import_block = model.Import.block.__set__
set_Import_span = model.Import.span.__set__
Return = model.Return
set_Return_value = model.Return.value.__set__
set_Return_block = model.Return.block.__set__
set_Return_span = model.Return.span.__set__
Raise = model.Raise
set_Raise_value = model.Raise.value.__set__
set_Raise_block = model.Raise.block.__set__
set_Raise_span = model.Raise.span.__set__
Flow = model.Flow
set_Flow_kind = model.Flow.kind.__set__
set_Flow_block = model.Flow.block.__set__
set_Flow_span = model.Flow.span.__set__
Bare = model.Bare
set_Bare_expr = model.Bare.expr.__set__
set_Bare_block = model.Bare.block.__set__
set_Bare_span = model.Bare.span.__set__
set_Scope_span = model.Scope.span.__set__
set_Scope_params = model.Scope.params.__set__
set_Scope_bases = model.Scope.bases.__set__
set_Scope_keywords = model.Scope.keywords.__set__
set_Scope_blocks = model.Scope.blocks.__set__
set_Scope_calls = model.Scope.calls.__set__
set_Scope_assigns = model.Scope.assigns.__set__
set_Scope_imports = model.Scope.imports.__set__
set_Scope_returns = model.Scope.returns.__set__
set_Scope_raises = model.Scope.raises.__set__
set_Scope_flows = model.Scope.flows.__set__
set_Scope_bare = model.Scope.bare.__set__
set_Scope_unread = model.Scope.unread.__set__
Decorator = model.Decorator
set_Decorator_expr = model.Decorator.expr.__set__
set_Decorator_span = model.Decorator.span.__set__
set_Scope_decorators = model.Scope.decorators.__set__
types_int_or_None = frozenset({int, type(None)})
Command = model.Command
set_Command_path = model.Command.path.__set__
set_Command_span = model.Command.span.__set__
set_Command_service = model.Command.service.__set__
set_Command_argv = model.Command.argv.__set__
set_Command_app = model.Command.app.__set__
set_Command_program = model.Command.program.__set__
set_Command_options = model.Command.options.__set__
set_Command_kind = model.Command.kind.__set__
set_Command_replicas = model.Command.replicas.__set__
set_Command_autoscaled = model.Command.autoscaled.__set__
set_Command_uncertain = model.Command.uncertain.__set__
set_Command_variant = model.Command.variant.__set__
set_Command_environment = model.Command.environment.__set__
set_Command_image = model.Command.image.__set__
set_Command_ports = model.Command.ports.__set__
set_Command_container = model.Command.container.__set__
set_Command_shell = model.Command.shell.__set__
Mention = model.Mention
set_Mention_path = model.Mention.path.__set__
set_Mention_span = model.Mention.span.__set__
set_Mention_kind = model.Mention.kind.__set__
set_Mention_word = model.Mention.word.__set__
set_Mention_text = model.Mention.text.__set__
Variable = model.Variable
set_Variable_path = model.Variable.path.__set__
set_Variable_span = model.Variable.span.__set__
set_Variable_name = model.Variable.name.__set__
set_Variable_value = model.Variable.value.__set__
set_Variable_service = model.Variable.service.__set__
set_Variable_kind = model.Variable.kind.__set__
set_Variable_variant = model.Variable.variant.__set__
set_Variable_container = model.Variable.container.__set__
Container = model.Container
set_Container_path = model.Container.path.__set__
set_Container_service = model.Container.service.__set__
set_Container_words = model.Container.words.__set__
set_Container_image = model.Container.image.__set__
set_Container_copies = model.Container.copies.__set__
set_Container_init = model.Container.init.__set__
set_Container_variant = model.Container.variant.__set__
Deployment = model.Deployment
set_Deployment_commands = model.Deployment.commands.__set__
set_Deployment_mentions = model.Deployment.mentions.__set__
set_Deployment_problems = model.Deployment.problems.__set__
set_Deployment_variables = model.Deployment.variables.__set__
set_Deployment_containers = model.Deployment.containers.__set__

def pack_0(value):
 if type(value) is not tuple: bad(value)
 return [intern(v) for v in value]
def unpack_0(data):
 if type(data) is not list: bad(data)
 return tuple([intern(v) for v in data])
def pack_head(value: Any) -> list[object]:
 if type(value) is not Scope: bad(value)
 return [intern(value.kind), intern(value.name), intern(value.qualname), value.index if type(value.index) is int else bad(value.index), value.parent if type(value.parent) is int else bad(value.parent), value.block if type(value.block) is int else bad(value.block), value.is_async if type(value.is_async) is bool else bad(value.is_async), [] if value.globals == () else pack_0(value.globals)]
def fill_head(made: Any, data: Any) -> None:
 if type(data) is not list or len(data) != 8: bad(data)
 v0, v1, v2, v3, v4, v5, v6, v7, = data
 set_Scope_kind(made, intern(v0))
 set_Scope_name(made, intern(v1))
 set_Scope_qualname(made, intern(v2))
 set_Scope_index(made, v3 if type(v3) is int else bad(v3))
 set_Scope_parent(made, v4 if type(v4) is int else bad(v4))
 set_Scope_block(made, v5 if type(v5) is int else bad(v5))
 set_Scope_is_async(made, v6 if type(v6) is bool else bad(v6))
 set_Scope_globals(made, () if v7 == [] else unpack_0(v7))
def pack_1(value):
 if type(value) is not Span: bad(value)
 return [value.line if type(value.line) is int else bad(value.line), value.column if type(value.column) is int else bad(value.column), value.end_line if type(value.end_line) is int else bad(value.end_line), value.end_column if type(value.end_column) is int else bad(value.end_column)]
def unpack_1(data):
 if type(data) is not list or len(data) != 4: bad(data)
 v0, v1, v2, v3, = data
 made = new(Span)
 set_Span_line(made, v0 if type(v0) is int else bad(v0))
 set_Span_column(made, v1 if type(v1) is int else bad(v1))
 set_Span_end_line(made, v2 if type(v2) is int else bad(v2))
 set_Span_end_column(made, v3 if type(v3) is int else bad(v3))
 return made
def pack_5(value):
 if type(value) is not Const: bad(value)
 return [value.value if type(value.value) in types_bool_or_float_or_int_or_str_or_None else bad(value.value)]
def unpack_5(data):
 if type(data) is not list or len(data) != 1: bad(data)
 v0, = data
 made = new(Const)
 set_Const_value(made, v0 if type(v0) in types_bool_or_float_or_int_or_str_or_None else bad(v0))
 return made
def pack_6(value):
 if type(value) is not Name: bad(value)
 return [intern(value.id)]
def unpack_6(data):
 if type(data) is not list or len(data) != 1: bad(data)
 v0, = data
 made = new(Name)
 set_Name_id(made, intern(v0))
 return made
def pack_7(value):
 if type(value) is not Attr: bad(value)
 return [pack_4(value.base), intern(value.attr)]
def unpack_7(data):
 if type(data) is not list or len(data) != 2: bad(data)
 v0, v1, = data
 made = new(Attr)
 set_Attr_base(made, unpack_4(v0))
 set_Attr_attr(made, intern(v1))
 return made
def pack_8(value):
 if type(value) is not Sub: bad(value)
 return [pack_4(value.base), pack_4(value.index)]
def unpack_8(data):
 if type(data) is not list or len(data) != 2: bad(data)
 v0, v1, = data
 made = new(Sub)
 set_Sub_base(made, unpack_4(v0))
 set_Sub_index(made, unpack_4(v1))
 return made
def pack_9(value):
 if type(value) is not CallRef: bad(value)
 return [value.index if type(value.index) is int else bad(value.index)]
def unpack_9(data):
 if type(data) is not list or len(data) != 1: bad(data)
 v0, = data
 made = new(CallRef)
 set_CallRef_index(made, v0 if type(v0) is int else bad(v0))
 return made
def pack_11(value):
 if type(value) is not tuple: bad(value)
 return [pack_4(v) for v in value]
def unpack_11(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_4(v) for v in data])
def pack_10(value):
 if type(value) is not Items: bad(value)
 return [intern(value.kind), [] if value.items == () else pack_11(value.items)]
def unpack_10(data):
 if type(data) is not list or len(data) != 2: bad(data)
 v0, v1, = data
 made = new(Items)
 set_Items_kind(made, intern(v0))
 set_Items_items(made, () if v1 == [] else unpack_11(v1))
 return made
def pack_14(value):
 if type(value) is not tuple or len(value) != 2: bad(value)
 v0, v1, = value
 return [None if v0 is None else pack_4(v0), pack_4(v1)]
def unpack_14(data):
 if type(data) is not list or len(data) != 2: bad(data)
 v0, v1, = data
 return ((None if v0 is None else unpack_4(v0)), (unpack_4(v1)),)
def pack_13(value):
 if type(value) is not tuple: bad(value)
 return [pack_14(v) for v in value]
def unpack_13(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_14(v) for v in data])
def pack_15(value):
 if type(value) is not tuple: bad(value)
 return [pack_1(v) for v in value]
def unpack_15(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_1(v) for v in data])
def pack_12(value):
 if type(value) is not Dict: bad(value)
 return [[] if value.items == () else pack_13(value.items), [] if value.spans == () else pack_15(value.spans)]
def unpack_12(data):
 if type(data) is not list or len(data) != 2: bad(data)
 v0, v1, = data
 made = new(Dict)
 set_Dict_items(made, () if v0 == [] else unpack_13(v0))
 set_Dict_spans(made, () if v1 == [] else unpack_15(v1))
 return made
def pack_16(value):
 if type(value) is not Op: bad(value)
 return [intern(value.operator), [] if value.operands == () else pack_11(value.operands)]
def unpack_16(data):
 if type(data) is not list or len(data) != 2: bad(data)
 v0, v1, = data
 made = new(Op)
 set_Op_operator(made, intern(v0))
 set_Op_operands(made, () if v1 == [] else unpack_11(v1))
 return made
def pack_17(value):
 if type(value) is not Choice: bad(value)
 return [pack_4(value.test), pack_4(value.body), pack_4(value.orelse)]
def unpack_17(data):
 if type(data) is not list or len(data) != 3: bad(data)
 v0, v1, v2, = data
 made = new(Choice)
 set_Choice_test(made, unpack_4(v0))
 set_Choice_body(made, unpack_4(v1))
 set_Choice_orelse(made, unpack_4(v2))
 return made
def pack_18(value):
 if type(value) is not Format: bad(value)
 return [[] if value.parts == () else pack_11(value.parts)]
def unpack_18(data):
 if type(data) is not list or len(data) != 1: bad(data)
 v0, = data
 made = new(Format)
 set_Format_parts(made, () if v0 == [] else unpack_11(v0))
 return made
def pack_19(value):
 if type(value) is not ScopeRef: bad(value)
 return [value.index if type(value.index) is int else bad(value.index)]
def unpack_19(data):
 if type(data) is not list or len(data) != 1: bad(data)
 v0, = data
 made = new(ScopeRef)
 set_ScopeRef_index(made, v0 if type(v0) is int else bad(v0))
 return made
def pack_20(value):
 if type(value) is not Star: bad(value)
 return [pack_4(value.value)]
def unpack_20(data):
 if type(data) is not list or len(data) != 1: bad(data)
 v0, = data
 made = new(Star)
 set_Star_value(made, unpack_4(v0))
 return made
def pack_21(value):
 if type(value) is not Await: bad(value)
 return [pack_4(value.value)]
def unpack_21(data):
 if type(data) is not list or len(data) != 1: bad(data)
 v0, = data
 made = new(Await)
 set_Await_value(made, unpack_4(v0))
 return made
def pack_22(value):
 if type(value) is not Comp: bad(value)
 return [intern(value.kind), pack_4(value.element), [] if value.sources == () else pack_11(value.sources)]
def unpack_22(data):
 if type(data) is not list or len(data) != 3: bad(data)
 v0, v1, v2, = data
 made = new(Comp)
 set_Comp_kind(made, intern(v0))
 set_Comp_element(made, unpack_4(v1))
 set_Comp_sources(made, () if v2 == [] else unpack_11(v2))
 return made
def pack_23(value):
 if type(value) is not Opaque: bad(value)
 return [intern(value.kind)]
def unpack_23(data):
 if type(data) is not list or len(data) != 1: bad(data)
 v0, = data
 made = new(Opaque)
 set_Opaque_kind(made, intern(v0))
 return made
def tagged_unpack_5(data):
 if type(data) is not list or len(data) != 2: bad(data)
 _, v0, = data
 made = new(Const)
 set_Const_value(made, v0 if type(v0) in types_bool_or_float_or_int_or_str_or_None else bad(v0))
 return made
def tagged_unpack_6(data):
 if type(data) is not list or len(data) != 2: bad(data)
 _, v0, = data
 made = new(Name)
 set_Name_id(made, intern(v0))
 return made
def tagged_unpack_7(data):
 if type(data) is not list or len(data) != 3: bad(data)
 _, v0, v1, = data
 made = new(Attr)
 set_Attr_base(made, unpack_4(v0))
 set_Attr_attr(made, intern(v1))
 return made
def tagged_unpack_8(data):
 if type(data) is not list or len(data) != 3: bad(data)
 _, v0, v1, = data
 made = new(Sub)
 set_Sub_base(made, unpack_4(v0))
 set_Sub_index(made, unpack_4(v1))
 return made
def tagged_unpack_9(data):
 if type(data) is not list or len(data) != 2: bad(data)
 _, v0, = data
 made = new(CallRef)
 set_CallRef_index(made, v0 if type(v0) is int else bad(v0))
 return made
def tagged_unpack_10(data):
 if type(data) is not list or len(data) != 3: bad(data)
 _, v0, v1, = data
 made = new(Items)
 set_Items_kind(made, intern(v0))
 set_Items_items(made, () if v1 == [] else unpack_11(v1))
 return made
def tagged_unpack_12(data):
 if type(data) is not list or len(data) != 3: bad(data)
 _, v0, v1, = data
 made = new(Dict)
 set_Dict_items(made, () if v0 == [] else unpack_13(v0))
 set_Dict_spans(made, () if v1 == [] else unpack_15(v1))
 return made
def tagged_unpack_16(data):
 if type(data) is not list or len(data) != 3: bad(data)
 _, v0, v1, = data
 made = new(Op)
 set_Op_operator(made, intern(v0))
 set_Op_operands(made, () if v1 == [] else unpack_11(v1))
 return made
def tagged_unpack_17(data):
 if type(data) is not list or len(data) != 4: bad(data)
 _, v0, v1, v2, = data
 made = new(Choice)
 set_Choice_test(made, unpack_4(v0))
 set_Choice_body(made, unpack_4(v1))
 set_Choice_orelse(made, unpack_4(v2))
 return made
def tagged_unpack_18(data):
 if type(data) is not list or len(data) != 2: bad(data)
 _, v0, = data
 made = new(Format)
 set_Format_parts(made, () if v0 == [] else unpack_11(v0))
 return made
def tagged_unpack_19(data):
 if type(data) is not list or len(data) != 2: bad(data)
 _, v0, = data
 made = new(ScopeRef)
 set_ScopeRef_index(made, v0 if type(v0) is int else bad(v0))
 return made
def tagged_unpack_20(data):
 if type(data) is not list or len(data) != 2: bad(data)
 _, v0, = data
 made = new(Star)
 set_Star_value(made, unpack_4(v0))
 return made
def tagged_unpack_21(data):
 if type(data) is not list or len(data) != 2: bad(data)
 _, v0, = data
 made = new(Await)
 set_Await_value(made, unpack_4(v0))
 return made
def tagged_unpack_22(data):
 if type(data) is not list or len(data) != 4: bad(data)
 _, v0, v1, v2, = data
 made = new(Comp)
 set_Comp_kind(made, intern(v0))
 set_Comp_element(made, unpack_4(v1))
 set_Comp_sources(made, () if v2 == [] else unpack_11(v2))
 return made
def tagged_unpack_23(data):
 if type(data) is not list or len(data) != 2: bad(data)
 _, v0, = data
 made = new(Opaque)
 set_Opaque_kind(made, intern(v0))
 return made
def pack_4(value):
 cls = type(value)
 if cls is Const: return [0, *pack_5(value)]
 if cls is Name: return [1, *pack_6(value)]
 if cls is Attr: return [2, *pack_7(value)]
 if cls is Sub: return [3, *pack_8(value)]
 if cls is CallRef: return [4, *pack_9(value)]
 if cls is Items: return [5, *pack_10(value)]
 if cls is Dict: return [6, *pack_12(value)]
 if cls is Op: return [7, *pack_16(value)]
 if cls is Choice: return [8, *pack_17(value)]
 if cls is Format: return [9, *pack_18(value)]
 if cls is ScopeRef: return [10, *pack_19(value)]
 if cls is Star: return [11, *pack_20(value)]
 if cls is Await: return [12, *pack_21(value)]
 if cls is Comp: return [13, *pack_22(value)]
 if cls is Opaque: return [14, *pack_23(value)]
 return value if cls in types_none else bad(value)
def unpack_4(data):
 if type(data) is list:
  if data and type(data[0]) is int and data[0] in unpackers_4:
   return unpackers_4[data[0]](data)
  bad(data)
 return data if type(data) in types_none else bad(data)
def pack_3(value):
 if type(value) is not Param: bad(value)
 return [intern(value.name), intern(value.kind), None if value.default is None else pack_4(value.default), None if value.annotation is None else pack_4(value.annotation)]
def unpack_3(data):
 if type(data) is not list or len(data) != 4: bad(data)
 v0, v1, v2, v3, = data
 made = new(Param)
 set_Param_name(made, intern(v0))
 set_Param_kind(made, intern(v1))
 set_Param_default(made, None if v2 is None else unpack_4(v2))
 set_Param_annotation(made, None if v3 is None else unpack_4(v3))
 return made
def pack_2(value):
 if type(value) is not tuple: bad(value)
 return [pack_3(v) for v in value]
def unpack_2(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_3(v) for v in data])
def pack_25(value):
 if type(value) is not tuple or len(value) != 2: bad(value)
 v0, v1, = value
 return [v0 if type(v0) in types_str_or_None else bad(v0), pack_4(v1)]
def unpack_25(data):
 if type(data) is not list or len(data) != 2: bad(data)
 v0, v1, = data
 return ((v0 if type(v0) in types_str_or_None else bad(v0)), (unpack_4(v1)),)
def pack_24(value):
 if type(value) is not tuple: bad(value)
 return [pack_25(v) for v in value]
def unpack_24(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_25(v) for v in data])
def pack_29(value):
 if type(value) is not Handler: bad(value)
 return [[] if value.types == () else pack_11(value.types), value.name if type(value.name) in types_str_or_None else bad(value.name), value.block if type(value.block) is int else bad(value.block), pack_1(value.span)]
def unpack_29(data):
 if type(data) is not list or len(data) != 4: bad(data)
 v0, v1, v2, v3, = data
 made = new(Handler)
 set_Handler_types(made, () if v0 == [] else unpack_11(v0))
 set_Handler_name(made, v1 if type(v1) in types_str_or_None else bad(v1))
 set_Handler_block(made, v2 if type(v2) is int else bad(v2))
 set_Handler_span(made, unpack_1(v3))
 return made
def pack_28(value):
 if type(value) is not tuple: bad(value)
 return [pack_29(v) for v in value]
def unpack_28(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_29(v) for v in data])
def pack_27(value):
 if type(value) is not Block: bad(value)
 return [intern(value.kind), value.parent if type(value.parent) is int else bad(value.parent), pack_1(value.span), None if value.test is None else pack_4(value.test), [] if value.handlers == () else pack_28(value.handlers), value.owner if type(value.owner) is int else bad(value.owner), value.is_async if type(value.is_async) is bool else bad(value.is_async)]
def unpack_27(data):
 if type(data) is not list or len(data) != 7: bad(data)
 v0, v1, v2, v3, v4, v5, v6, = data
 made = new(Block)
 set_Block_kind(made, intern(v0))
 set_Block_parent(made, v1 if type(v1) is int else bad(v1))
 set_Block_span(made, unpack_1(v2))
 set_Block_test(made, None if v3 is None else unpack_4(v3))
 set_Block_handlers(made, () if v4 == [] else unpack_28(v4))
 set_Block_owner(made, v5 if type(v5) is int else bad(v5))
 set_Block_is_async(made, v6 if type(v6) is bool else bad(v6))
 return made
def pack_26(value):
 if type(value) is not tuple: bad(value)
 return [pack_27(v) for v in value]
def unpack_26(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_27(v) for v in data])
def pack_31(value):
 if type(value) is not Call: bad(value)
 return [pack_4(value.func), [] if value.args == () else pack_11(value.args), [] if value.keywords == () else pack_24(value.keywords), value.block if type(value.block) is int else bad(value.block), pack_1(value.span), intern(value.use)]
def unpack_31(data):
 if type(data) is not list or len(data) != 6: bad(data)
 v0, v1, v2, v3, v4, v5, = data
 made = new(Call)
 set_Call_func(made, unpack_4(v0))
 set_Call_args(made, () if v1 == [] else unpack_11(v1))
 set_Call_keywords(made, () if v2 == [] else unpack_24(v2))
 set_Call_block(made, v3 if type(v3) is int else bad(v3))
 set_Call_span(made, unpack_1(v4))
 set_Call_use(made, intern(v5))
 return made
def pack_30(value):
 if type(value) is not tuple: bad(value)
 return [pack_31(v) for v in value]
def unpack_30(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_31(v) for v in data])
def pack_33(value):
 if type(value) is not Assign: bad(value)
 return [pack_4(value.target), intern(value.operator), pack_4(value.value), value.block if type(value.block) is int else bad(value.block), pack_1(value.span)]
def unpack_33(data):
 if type(data) is not list or len(data) != 5: bad(data)
 v0, v1, v2, v3, v4, = data
 made = new(Assign)
 set_Assign_target(made, unpack_4(v0))
 set_Assign_operator(made, intern(v1))
 set_Assign_value(made, unpack_4(v2))
 set_Assign_block(made, v3 if type(v3) is int else bad(v3))
 set_Assign_span(made, unpack_1(v4))
 return made
def pack_32(value):
 if type(value) is not tuple: bad(value)
 return [pack_33(v) for v in value]
def unpack_32(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_33(v) for v in data])
def pack_35(value):
 if type(value) is not Import: bad(value)
 return [intern(value.name), intern(value.target), intern(value.loads), value.block if type(value.block) is int else bad(value.block), pack_1(value.span)]
def unpack_35(data):
 if type(data) is not list or len(data) != 5: bad(data)
 v0, v1, v2, v3, v4, = data
 made = new(Import)
 set_Import_name(made, intern(v0))
 set_Import_target(made, intern(v1))
 set_Import_loads(made, intern(v2))
 set_Import_block(made, v3 if type(v3) is int else bad(v3))
 set_Import_span(made, unpack_1(v4))
 return made
def pack_34(value):
 if type(value) is not tuple: bad(value)
 return [pack_35(v) for v in value]
def unpack_34(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_35(v) for v in data])
def pack_37(value):
 if type(value) is not Return: bad(value)
 return [None if value.value is None else pack_4(value.value), value.block if type(value.block) is int else bad(value.block), pack_1(value.span)]
def unpack_37(data):
 if type(data) is not list or len(data) != 3: bad(data)
 v0, v1, v2, = data
 made = new(Return)
 set_Return_value(made, None if v0 is None else unpack_4(v0))
 set_Return_block(made, v1 if type(v1) is int else bad(v1))
 set_Return_span(made, unpack_1(v2))
 return made
def pack_36(value):
 if type(value) is not tuple: bad(value)
 return [pack_37(v) for v in value]
def unpack_36(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_37(v) for v in data])
def pack_39(value):
 if type(value) is not Raise: bad(value)
 return [None if value.value is None else pack_4(value.value), value.block if type(value.block) is int else bad(value.block), pack_1(value.span)]
def unpack_39(data):
 if type(data) is not list or len(data) != 3: bad(data)
 v0, v1, v2, = data
 made = new(Raise)
 set_Raise_value(made, None if v0 is None else unpack_4(v0))
 set_Raise_block(made, v1 if type(v1) is int else bad(v1))
 set_Raise_span(made, unpack_1(v2))
 return made
def pack_38(value):
 if type(value) is not tuple: bad(value)
 return [pack_39(v) for v in value]
def unpack_38(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_39(v) for v in data])
def pack_41(value):
 if type(value) is not Flow: bad(value)
 return [intern(value.kind), value.block if type(value.block) is int else bad(value.block), pack_1(value.span)]
def unpack_41(data):
 if type(data) is not list or len(data) != 3: bad(data)
 v0, v1, v2, = data
 made = new(Flow)
 set_Flow_kind(made, intern(v0))
 set_Flow_block(made, v1 if type(v1) is int else bad(v1))
 set_Flow_span(made, unpack_1(v2))
 return made
def pack_40(value):
 if type(value) is not tuple: bad(value)
 return [pack_41(v) for v in value]
def unpack_40(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_41(v) for v in data])
def pack_43(value):
 if type(value) is not Bare: bad(value)
 return [pack_4(value.expr), value.block if type(value.block) is int else bad(value.block), pack_1(value.span)]
def unpack_43(data):
 if type(data) is not list or len(data) != 3: bad(data)
 v0, v1, v2, = data
 made = new(Bare)
 set_Bare_expr(made, unpack_4(v0))
 set_Bare_block(made, v1 if type(v1) is int else bad(v1))
 set_Bare_span(made, unpack_1(v2))
 return made
def pack_42(value):
 if type(value) is not tuple: bad(value)
 return [pack_43(v) for v in value]
def unpack_42(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_43(v) for v in data])
def pack_body(value: Any) -> list[object]:
 if type(value) is not Scope: bad(value)
 return [pack_1(value.span), [] if value.params == () else pack_2(value.params), [] if value.bases == () else pack_11(value.bases), [] if value.keywords == () else pack_24(value.keywords), [] if value.blocks == () else pack_26(value.blocks), [] if value.calls == () else pack_30(value.calls), [] if value.assigns == () else pack_32(value.assigns), [] if value.imports == () else pack_34(value.imports), [] if value.returns == () else pack_36(value.returns), [] if value.raises == () else pack_38(value.raises), [] if value.flows == () else pack_40(value.flows), [] if value.bare == () else pack_42(value.bare), [] if value.unread == () else pack_0(value.unread)]
def fill_body(made: Any, data: Any) -> None:
 if type(data) is not list or len(data) != 13: bad(data)
 v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, = data
 set_Scope_span(made, unpack_1(v0))
 set_Scope_params(made, () if v1 == [] else unpack_2(v1))
 set_Scope_bases(made, () if v2 == [] else unpack_11(v2))
 set_Scope_keywords(made, () if v3 == [] else unpack_24(v3))
 set_Scope_blocks(made, () if v4 == [] else unpack_26(v4))
 set_Scope_calls(made, () if v5 == [] else unpack_30(v5))
 set_Scope_assigns(made, () if v6 == [] else unpack_32(v6))
 set_Scope_imports(made, () if v7 == [] else unpack_34(v7))
 set_Scope_returns(made, () if v8 == [] else unpack_36(v8))
 set_Scope_raises(made, () if v9 == [] else unpack_38(v9))
 set_Scope_flows(made, () if v10 == [] else unpack_40(v10))
 set_Scope_bare(made, () if v11 == [] else unpack_42(v11))
 set_Scope_unread(made, () if v12 == [] else unpack_0(v12))
def pack_45(value):
 if type(value) is not Decorator: bad(value)
 return [pack_4(value.expr), pack_1(value.span)]
def unpack_45(data):
 if type(data) is not list or len(data) != 2: bad(data)
 v0, v1, = data
 made = new(Decorator)
 set_Decorator_expr(made, unpack_4(v0))
 set_Decorator_span(made, unpack_1(v1))
 return made
def pack_44(value):
 if type(value) is not tuple: bad(value)
 return [pack_45(v) for v in value]
def unpack_44(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_45(v) for v in data])
def pack_decorators(value: Any) -> object:
 return [] if value.decorators == () else pack_44(value.decorators)
def fill_decorators(made: Any, data: Any) -> None:
 set_Scope_decorators(made, () if data == [] else unpack_44(data))
def pack_50(value):
 if type(value) is not tuple or len(value) != 2: bad(value)
 v0, v1, = value
 return [intern(v0), v1 if type(v1) in types_str_or_None else bad(v1)]
def unpack_50(data):
 if type(data) is not list or len(data) != 2: bad(data)
 v0, v1, = data
 return ((intern(v0)), (v1 if type(v1) in types_str_or_None else bad(v1)),)
def pack_49(value):
 if type(value) is not tuple: bad(value)
 return [pack_50(v) for v in value]
def unpack_49(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_50(v) for v in data])
def pack_52(value):
 if type(value) is not tuple or len(value) != 2: bad(value)
 v0, v1, = value
 return [intern(v0), intern(v1)]
def unpack_52(data):
 if type(data) is not list or len(data) != 2: bad(data)
 v0, v1, = data
 return ((intern(v0)), (intern(v1)),)
def pack_51(value):
 if type(value) is not tuple: bad(value)
 return [pack_52(v) for v in value]
def unpack_51(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_52(v) for v in data])
def pack_48(value):
 if type(value) is not Command: bad(value)
 return [intern(value.path), pack_1(value.span), intern(value.service), [] if value.argv == () else pack_0(value.argv), value.app if type(value.app) in types_str_or_None else bad(value.app), intern(value.program), [] if value.options == () else pack_49(value.options), intern(value.kind), value.replicas if type(value.replicas) in types_int_or_None else bad(value.replicas), value.autoscaled if type(value.autoscaled) is bool else bad(value.autoscaled), value.uncertain if type(value.uncertain) is bool else bad(value.uncertain), intern(value.variant), [] if value.environment == () else pack_51(value.environment), intern(value.image), [] if value.ports == () else pack_0(value.ports), intern(value.container), intern(value.shell)]
def unpack_48(data):
 if type(data) is not list or len(data) != 17: bad(data)
 v0, v1, v2, v3, v4, v5, v6, v7, v8, v9, v10, v11, v12, v13, v14, v15, v16, = data
 made = new(Command)
 set_Command_path(made, intern(v0))
 set_Command_span(made, unpack_1(v1))
 set_Command_service(made, intern(v2))
 set_Command_argv(made, () if v3 == [] else unpack_0(v3))
 set_Command_app(made, v4 if type(v4) in types_str_or_None else bad(v4))
 set_Command_program(made, intern(v5))
 set_Command_options(made, () if v6 == [] else unpack_49(v6))
 set_Command_kind(made, intern(v7))
 set_Command_replicas(made, v8 if type(v8) in types_int_or_None else bad(v8))
 set_Command_autoscaled(made, v9 if type(v9) is bool else bad(v9))
 set_Command_uncertain(made, v10 if type(v10) is bool else bad(v10))
 set_Command_variant(made, intern(v11))
 set_Command_environment(made, () if v12 == [] else unpack_51(v12))
 set_Command_image(made, intern(v13))
 set_Command_ports(made, () if v14 == [] else unpack_0(v14))
 set_Command_container(made, intern(v15))
 set_Command_shell(made, intern(v16))
 return made
def pack_47(value):
 if type(value) is not tuple: bad(value)
 return [pack_48(v) for v in value]
def unpack_47(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_48(v) for v in data])
def pack_54(value):
 if type(value) is not Mention: bad(value)
 return [intern(value.path), pack_1(value.span), intern(value.kind), intern(value.word), intern(value.text)]
def unpack_54(data):
 if type(data) is not list or len(data) != 5: bad(data)
 v0, v1, v2, v3, v4, = data
 made = new(Mention)
 set_Mention_path(made, intern(v0))
 set_Mention_span(made, unpack_1(v1))
 set_Mention_kind(made, intern(v2))
 set_Mention_word(made, intern(v3))
 set_Mention_text(made, intern(v4))
 return made
def pack_53(value):
 if type(value) is not tuple: bad(value)
 return [pack_54(v) for v in value]
def unpack_53(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_54(v) for v in data])
def pack_56(value):
 if type(value) is not tuple or len(value) != 3: bad(value)
 v0, v1, v2, = value
 return [intern(v0), v1 if type(v1) is int else bad(v1), intern(v2)]
def unpack_56(data):
 if type(data) is not list or len(data) != 3: bad(data)
 v0, v1, v2, = data
 return ((intern(v0)), (v1 if type(v1) is int else bad(v1)), (intern(v2)),)
def pack_55(value):
 if type(value) is not tuple: bad(value)
 return [pack_56(v) for v in value]
def unpack_55(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_56(v) for v in data])
def pack_58(value):
 if type(value) is not Variable: bad(value)
 return [intern(value.path), pack_1(value.span), intern(value.name), intern(value.value), intern(value.service), intern(value.kind), intern(value.variant), intern(value.container)]
def unpack_58(data):
 if type(data) is not list or len(data) != 8: bad(data)
 v0, v1, v2, v3, v4, v5, v6, v7, = data
 made = new(Variable)
 set_Variable_path(made, intern(v0))
 set_Variable_span(made, unpack_1(v1))
 set_Variable_name(made, intern(v2))
 set_Variable_value(made, intern(v3))
 set_Variable_service(made, intern(v4))
 set_Variable_kind(made, intern(v5))
 set_Variable_variant(made, intern(v6))
 set_Variable_container(made, intern(v7))
 return made
def pack_57(value):
 if type(value) is not tuple: bad(value)
 return [pack_58(v) for v in value]
def unpack_57(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_58(v) for v in data])
def pack_60(value):
 if type(value) is not Container: bad(value)
 return [intern(value.path), intern(value.service), [] if value.words == () else pack_0(value.words), intern(value.image), [] if value.copies == () else pack_51(value.copies), value.init if type(value.init) is bool else bad(value.init), intern(value.variant)]
def unpack_60(data):
 if type(data) is not list or len(data) != 7: bad(data)
 v0, v1, v2, v3, v4, v5, v6, = data
 made = new(Container)
 set_Container_path(made, intern(v0))
 set_Container_service(made, intern(v1))
 set_Container_words(made, () if v2 == [] else unpack_0(v2))
 set_Container_image(made, intern(v3))
 set_Container_copies(made, () if v4 == [] else unpack_51(v4))
 set_Container_init(made, v5 if type(v5) is bool else bad(v5))
 set_Container_variant(made, intern(v6))
 return made
def pack_59(value):
 if type(value) is not tuple: bad(value)
 return [pack_60(v) for v in value]
def unpack_59(data):
 if type(data) is not list: bad(data)
 return tuple([unpack_60(v) for v in data])
def pack_46(value):
 if type(value) is not Deployment: bad(value)
 return [[] if value.commands == () else pack_47(value.commands), [] if value.mentions == () else pack_53(value.mentions), [] if value.problems == () else pack_55(value.problems), [] if value.variables == () else pack_57(value.variables), [] if value.containers == () else pack_59(value.containers)]
def unpack_46(data):
 if type(data) is not list or len(data) != 5: bad(data)
 v0, v1, v2, v3, v4, = data
 made = new(Deployment)
 set_Deployment_commands(made, () if v0 == [] else unpack_47(v0))
 set_Deployment_mentions(made, () if v1 == [] else unpack_53(v1))
 set_Deployment_problems(made, () if v2 == [] else unpack_55(v2))
 set_Deployment_variables(made, () if v3 == [] else unpack_57(v3))
 set_Deployment_containers(made, () if v4 == [] else unpack_59(v4))
 return made
unpackers_4 = {0: tagged_unpack_5, 1: tagged_unpack_6, 2: tagged_unpack_7, 3: tagged_unpack_8, 4: tagged_unpack_9, 5: tagged_unpack_10, 6: tagged_unpack_12, 7: tagged_unpack_16, 8: tagged_unpack_17, 9: tagged_unpack_18, 10: tagged_unpack_19, 11: tagged_unpack_20, 12: tagged_unpack_21, 13: tagged_unpack_22, 14: tagged_unpack_23}
PACKERS: dict[str, Callable[[Any], Any]] = {'Assign': pack_33, 'Attr': pack_7, 'Await': pack_21, 'Bare': pack_43, 'Block': pack_27, 'Call': pack_31, 'CallRef': pack_9, 'Choice': pack_17, 'Command': pack_48, 'Comp': pack_22, 'Const': pack_5, 'Container': pack_60, 'Decorator': pack_45, 'Deployment': pack_46, 'Dict': pack_12, 'Flow': pack_41, 'Format': pack_18, 'Handler': pack_29, 'Import': pack_35, 'Items': pack_10, 'Mention': pack_54, 'Name': pack_6, 'Op': pack_16, 'Opaque': pack_23, 'Param': pack_3, 'Raise': pack_39, 'Return': pack_37, 'ScopeRef': pack_19, 'Span': pack_1, 'Star': pack_20, 'Sub': pack_8, 'Variable': pack_58}
UNPACKERS: dict[str, Callable[[Any], Any]] = {'Assign': unpack_33, 'Attr': unpack_7, 'Await': unpack_21, 'Bare': unpack_43, 'Block': unpack_27, 'Call': unpack_31, 'CallRef': unpack_9, 'Choice': unpack_17, 'Command': unpack_48, 'Comp': unpack_22, 'Const': unpack_5, 'Container': unpack_60, 'Decorator': unpack_45, 'Deployment': unpack_46, 'Dict': unpack_12, 'Flow': unpack_41, 'Format': unpack_18, 'Handler': unpack_29, 'Import': unpack_35, 'Items': unpack_10, 'Mention': unpack_54, 'Name': unpack_6, 'Op': unpack_16, 'Opaque': unpack_23, 'Param': unpack_3, 'Raise': unpack_39, 'Return': unpack_37, 'ScopeRef': unpack_19, 'Span': unpack_1, 'Star': unpack_20, 'Sub': unpack_8, 'Variable': unpack_58}

/* SPDX-License-Identifier: MIT */
/* The plugin: from a function in IR to machine code, by LLVM's ORC. */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include <llvm-c/Error.h>
#include <llvm-c/LLJIT.h>
#include <llvm-c/Orc.h>
#include <llvm-c/Support.h>
#include <llvm-c/Target.h>
#include <llvm-c/TargetMachine.h>
#include <llvm-c/Transforms/PassBuilder.h>

#include "hw/model/render/jit/emit.h"

static const struct machine_level {
    const char *name, *features;
    unsigned lanes;
    bool rounds;
} levels[] = {
    {"sse2", "+sse2", 4, false},
    {"avx2", "+avx2", 8, true},
    {"avx512", "+avx512f,+avx512bw,+avx512dq,+avx512vl,-prefer-256-bit", 16, true},
};

struct jit_compiler {
    const struct machine_level *level;
    LLVMOrcLLJITRef jit;
    LLVMTargetMachineRef machine;
    unsigned count; /* of functions, for their names */
};

static LLVMTargetMachineRef create_machine(const struct machine_level *level)
{
    LLVMTargetRef target;
    char *message = NULL;
    char *triple = LLVMGetDefaultTargetTriple();
    LLVMTargetMachineRef machine = NULL;
    if (LLVMGetTargetFromTriple(triple, &target, &message) == 0) {
        machine =
            LLVMCreateTargetMachine(target, triple, "x86-64", level->features,
                                    LLVMCodeGenLevelDefault, LLVMRelocPIC, LLVMCodeModelJITDefault);
    }
    LLVMDisposeMessage(message);
    LLVMDisposeMessage(triple);
    return machine;
}

static bool succeeded(LLVMErrorRef error)
{
    if (error != LLVMErrorSuccess) {
        LLVMConsumeError(error);
        return false;
    }
    return true;
}

static void compiler_destroy(struct jit_compiler *compiler)
{
    if (compiler->jit != NULL) {
        (void)succeeded(LLVMOrcDisposeLLJIT(compiler->jit));
    }
    if (compiler->machine != NULL) {
        LLVMDisposeTargetMachine(compiler->machine);
    }
    free(compiler);
}

/*
 * Constants are folded into what uses them. Moved out of the loop over blocks, those of a long
 * program fill all registers, and the program's values go to the stack. LLVM takes this option for
 * the whole process, once.
 */
static void keep_constants_in_loops(void)
{
    static const char *const arguments[] = {"gemd", "-disable-machine-licm"};
    LLVMParseCommandLineOptions(2, arguments, NULL);
}

static struct jit_compiler *compiler_create(const char *name)
{
    const struct machine_level *level = NULL;
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++) {
        level = strcmp(levels[i].name, name) == 0 ? &levels[i] : level;
    }
    struct jit_compiler *compiler = calloc(1, sizeof(*compiler));
    if (level == NULL || compiler == NULL) {
        free(compiler);
        return NULL;
    }
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    (void)pthread_once(&once, keep_constants_in_loops);
    LLVMInitializeX86TargetInfo();
    LLVMInitializeX86Target();
    LLVMInitializeX86TargetMC();
    LLVMInitializeX86AsmPrinter();
    compiler->level = level;
    compiler->machine = create_machine(level);
    LLVMTargetMachineRef machine = create_machine(level);
    if (compiler->machine == NULL || machine == NULL) {
        compiler_destroy(compiler);
        return NULL;
    }
    LLVMOrcLLJITBuilderRef builder = LLVMOrcCreateLLJITBuilder();
    LLVMOrcLLJITBuilderSetJITTargetMachineBuilder(
        builder, LLVMOrcJITTargetMachineBuilderCreateFromTargetMachine(machine));
    if (!succeeded(LLVMOrcCreateLLJIT(&compiler->jit, builder))) {
        compiler->jit = NULL;
        compiler_destroy(compiler);
        return NULL;
    }
    return compiler;
}

static void set_types(struct emit *e)
{
    e->i1 = LLVMInt1TypeInContext(e->context);
    e->i8 = LLVMInt8TypeInContext(e->context);
    e->i16 = LLVMInt16TypeInContext(e->context);
    e->i32 = LLVMInt32TypeInContext(e->context);
    e->i64 = LLVMInt64TypeInContext(e->context);
    e->f32 = LLVMFloatTypeInContext(e->context);
    e->pointer = LLVMPointerTypeInContext(e->context, 0);
    e->vf = LLVMVectorType(e->f32, e->lanes);
    e->vi = LLVMVectorType(e->i32, e->lanes);
    e->vm = LLVMVectorType(e->i1, e->lanes);
    e->vs = LLVMVectorType(e->i16, 2 * e->lanes);
}

/* The module with the one function. */
static LLVMModuleRef build(const struct jit_compiler *compiler, LLVMContextRef context,
                           const struct jit_request *request, const char *name)
{
    struct emit e = {.context = context,
                     .lanes = compiler->level->lanes,
                     .rounds = compiler->level->rounds,
                     .key = request->key,
                     .program = request->program};
    set_types(&e);
    e.module = LLVMModuleCreateWithNameInContext(name, context);
    LLVMSetDataLayout(e.module, LLVMOrcLLJITGetDataLayoutStr(compiler->jit));
    LLVMSetTarget(e.module, LLVMOrcLLJITGetTripleString(compiler->jit));
    e.b = LLVMCreateBuilderInContext(context);
    emit_function(&e, name);
    LLVMDisposeBuilder(e.b);
    LLVMPassBuilderOptionsRef options = LLVMCreatePassBuilderOptions();
    (void)succeeded(LLVMRunPasses(e.module, "early-cse", compiler->machine, options));
    LLVMDisposePassBuilderOptions(options);
    return e.module;
}

static jit_function compiler_compile(struct jit_compiler *compiler,
                                     const struct jit_request *request, void **code)
{
    char name[24];
    (void)snprintf(name, sizeof(name), "shade%u", compiler->count++);
    LLVMOrcThreadSafeContextRef context = LLVMOrcCreateNewThreadSafeContext();
    LLVMModuleRef module =
        build(compiler, LLVMOrcThreadSafeContextGetContext(context), request, name);
    LLVMOrcThreadSafeModuleRef safe = LLVMOrcCreateNewThreadSafeModule(module, context);
    LLVMOrcDisposeThreadSafeContext(context);
    LLVMOrcResourceTrackerRef tracker =
        LLVMOrcJITDylibCreateResourceTracker(LLVMOrcLLJITGetMainJITDylib(compiler->jit));
    LLVMOrcExecutorAddress address = 0;
    if (!succeeded(LLVMOrcLLJITAddLLVMIRModuleWithRT(compiler->jit, tracker, safe)) ||
        !succeeded(LLVMOrcLLJITLookup(compiler->jit, &address, name))) {
        LLVMOrcReleaseResourceTracker(tracker);
        return NULL;
    }
    *code = tracker;
    return (jit_function)(uintptr_t)address;
}

static void compiler_release(struct jit_compiler *compiler, void *code)
{
    LLVMOrcResourceTrackerRef tracker = code;
    (void)succeeded(LLVMOrcResourceTrackerRemove(tracker));
    LLVMOrcReleaseResourceTracker(tracker);
}

extern const struct jit_plugin gemd_jit_plugin;
__attribute__((visibility("default"))) const struct jit_plugin gemd_jit_plugin = {
    .create = compiler_create,
    .destroy = compiler_destroy,
    .compile = compiler_compile,
    .release = compiler_release,
};

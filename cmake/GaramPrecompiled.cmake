# ccache serves a target with a precompiled header only when told what to ignore, and g++ must keep the header's name.
function(garam_cache_precompiled target)
  target_compile_options(${target} PRIVATE -fpch-preprocess)
  if(GARAM_CCACHE)
    set_property(TARGET ${target} PROPERTY CXX_COMPILER_LAUNCHER
      ${CMAKE_COMMAND} -E env CCACHE_SLOPPINESS=pch_defines,time_macros,include_file_mtime,include_file_ctime ${GARAM_CCACHE})
  endif()
endfunction()
